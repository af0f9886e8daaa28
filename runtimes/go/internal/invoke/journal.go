package invoke

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"fibonacci.dev/go/internal/wire"
)

// maxText is what is kept of a message or a stack.
const maxText = 64 * 1024

// Journal is the executor's own output: what the function logs and which of its invocations failed.
type Journal struct {
	mu     sync.Mutex
	stream io.Writer
}

// NewJournal writes to a stream.
func NewJournal(stream io.Writer) *Journal { return &Journal{stream: stream} }

func (j *Journal) write(line wire.JournalLine) {
	line.Message, line.Stack = cut(line.Message), cut(line.Stack)
	if len(line.Fields) > maxText {
		line.Fields = nil
	}
	data, err := json.Marshal(line)
	if err != nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.stream.Write(append(data, '\n'))
}

func (j *Journal) logger(requestID string) *slog.Logger {
	buffer := &fieldBuffer{}
	fields := slog.NewJSONHandler(&buffer.bytes, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: dropBuiltIn})
	return slog.New(&logHandler{journal: j, requestID: requestID, buffer: buffer, fields: fields})
}

// fieldBuffer takes the JSON of one record's fields.
type fieldBuffer struct {
	mu    sync.Mutex
	bytes bytes.Buffer
}

// logHandler writes records into the journal; fields makes JSON of a record's attributes alone.
type logHandler struct {
	journal   *Journal
	requestID string
	buffer    *fieldBuffer
	fields    slog.Handler
}

func (h *logHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *logHandler) Handle(ctx context.Context, record slog.Record) error {
	line := wire.JournalLine{Level: levelName(record.Level), Message: record.Message, RequestID: h.requestID}
	attributes := slog.NewRecord(time.Time{}, 0, "", 0)
	record.Attrs(func(attribute slog.Attr) bool {
		attributes.AddAttrs(attribute)
		return true
	})
	h.buffer.mu.Lock()
	h.buffer.bytes.Reset()
	err := h.fields.Handle(ctx, attributes)
	if text := bytes.TrimSpace(h.buffer.bytes.Bytes()); len(text) > len("{}") {
		line.Fields = bytes.Clone(text)
	}
	h.buffer.mu.Unlock()
	h.journal.write(line)
	return err
}

func (h *logHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	return &logHandler{h.journal, h.requestID, h.buffer, h.fields.WithAttrs(attributes)}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.journal, h.requestID, h.buffer, h.fields.WithGroup(name)}
}

// dropBuiltIn leaves the level and the message of the emptied record out.
func dropBuiltIn(groups []string, attribute slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return attribute
	}
	if _, isLevel := attribute.Value.Any().(slog.Level); isLevel && attribute.Key == slog.LevelKey || attribute.Key == slog.MessageKey && attribute.Value.String() == "" {
		return slog.Attr{}
	}
	return attribute
}

func levelName(level slog.Level) string {
	switch {
	case level < slog.LevelInfo:
		return "debug"
	case level < slog.LevelWarn:
		return "info"
	case level < slog.LevelError:
		return "warn"
	}
	return "error"
}

func cut(text string) string {
	if len(text) > maxText {
		text = text[:maxText]
	}
	return strings.ToValidUTF8(text, "\ufffd")
}
