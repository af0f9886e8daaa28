package control

import (
	"bufio"
	"fmt"
	"io"

	"fibonacci.dev/go/internal/contract"
)

// ReadDocument reads a push up to the end of its load document and gives the reader of what follows, the package. The push as a whole is limited to 64 MiB.
func ReadDocument(body io.Reader, announced int64) ([]byte, io.Reader, error) {
	if announced > contract.MaxPushBytes {
		return nil, nil, tooLarge()
	}
	reader := bufio.NewReaderSize(&limited{reader: body, left: contract.MaxPushBytes}, 64*1024)
	var line []byte
	for {
		part, err := reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > contract.MaxDocumentBytes:
			return nil, nil, contract.NewError(contract.BadRequest, fmt.Sprintf("the load document is longer than %d bytes", contract.MaxDocumentBytes))
		case err == nil:
			return line[:len(line)-1], reader, nil
		case err == io.EOF:
			return nil, nil, contract.NewError(contract.BadRequest, "the body has no line feed between the load document and the package")
		case err != bufio.ErrBufferFull:
			return nil, nil, err
		}
	}
}

func tooLarge() error {
	return contract.NewError(contract.PackageTooLarge, fmt.Sprintf("the push is larger than %d bytes (64 MiB)", contract.MaxPushBytes))
}

type limited struct {
	reader io.Reader
	left   int64
}

func (l *limited) Read(p []byte) (int, error) {
	n, err := l.reader.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, tooLarge()
	}
	return n, err
}
