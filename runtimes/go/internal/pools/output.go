package pools

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"fibonacci.dev/go/internal/wire"
)

// Output turns what executors print and log into lines of our own log (W8.1).
type Output struct {
	Log *slog.Logger
	// Function gives `<namespace>/<name>`.
	Function func() string
}

func (o *Output) line(level string) func(line string, truncated bool) {
	write := o.Log.Info
	if level == "error" {
		write = o.Log.Error
	}
	return func(line string, truncated bool) {
		if truncated {
			write("function output", "function", o.Function(), "line", line, "truncated", true)
		} else {
			write("function output", "function", o.Function(), "line", line)
		}
	}
}

func (o *Output) logged(line wire.JournalLine) {
	fields := []any{"function", o.Function()}
	if line.RequestID != "" {
		fields = append(fields, "requestId", line.RequestID)
	}
	if line.Fields != nil {
		fields = append(fields, "fields", line.Fields)
	}
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "warn": slog.LevelWarn, "error": slog.LevelError}
	o.Log.Log(context.Background(), levels[line.Level], line.Message, fields...)
}

type pipe struct{ read, write *os.File }

// output is where an executor prints, and its journal.
type output struct {
	nothing                 *os.File
	stdout, stderr, journal pipe
}

func openOutput() (*output, error) {
	o := &output{}
	var err error
	if o.nothing, err = os.Open(os.DevNull); err != nil {
		return nil, err
	}
	for _, p := range []*pipe{&o.stdout, &o.stderr, &o.journal} {
		if p.read, p.write, err = os.Pipe(); err != nil {
			o.closeOurs()
			o.closeReaders()
			return nil, err
		}
	}
	return o, nil
}

// closeOurs closes what only the executor needs.
func (o *output) closeOurs() {
	_ = errors.Join(o.nothing.Close(), o.stdout.write.Close(), o.stderr.write.Close(), o.journal.write.Close())
}

func (o *output) closeReaders() {
	_ = errors.Join(o.stdout.read.Close(), o.stderr.read.Close(), o.journal.read.Close())
}
