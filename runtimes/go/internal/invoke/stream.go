package invoke

import (
	"errors"
	"io"
	"reflect"
)

// stream yields chunks until it ends, yield gives false, or an error, which it returns.
type stream func(yield func(chunk []byte) bool) error

const chunkBytes = 32 * 1024

func readerStream(reader io.Reader) stream {
	return func(yield func([]byte) bool) (err error) {
		if closer, ok := reader.(io.Closer); ok {
			defer func() { err = errors.Join(err, closer.Close()) }()
		}
		buffer := make([]byte, chunkBytes)
		for {
			n, err := reader.Read(buffer)
			if n > 0 && !yield(buffer[:n]) {
				return nil
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
	}
}

// sequenceStream takes an iter.Seq, or an iter.Seq2 of a chunk and an error.
func sequenceStream(sequence reflect.Value) (stream, error) {
	t := sequence.Type()
	if t.CanSeq() {
		return func(yield func([]byte) bool) error {
			for value := range sequence.Seq() {
				chunk, err := toChunk(value)
				if err != nil || !yield(chunk) {
					return err
				}
			}
			return nil
		}, nil
	}
	if t.In(0).In(1) != errorType {
		return nil, badResponse("a sequence of pairs yields chunks and errors, not %s", t)
	}
	return func(yield func([]byte) bool) error {
		for value, failed := range sequence.Seq2() {
			if err, _ := failed.Interface().(error); err != nil {
				return err
			}
			chunk, err := toChunk(value)
			if err != nil || !yield(chunk) {
				return err
			}
		}
		return nil
	}, nil
}

func toChunk(value reflect.Value) ([]byte, error) {
	switch typed := value.Interface().(type) {
	case string:
		return []byte(typed), nil
	case []byte:
		return typed, nil
	}
	return nil, badResponse("a stream yields strings or bytes, not a %s", value.Type())
}
