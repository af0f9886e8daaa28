package pools

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

// listen hears the executor's channel and output. Of the two that it gives, the first closes with the channel, the second with the output.
func (e *executor) listen(o *Options, out *output) [2]chan struct{} {
	channelEnd, outputEnd := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(channelEnd)
		for {
			frame, err := e.channel.Receive()
			if err != nil {
				// It says no more, or nothing that makes sense: nobody could tell it anything either.
				e.endUnheard()
				return
			}
			e.hear(frame)
		}
	}()
	go func() {
		defer close(outputEnd)
		var readers sync.WaitGroup
		read := func(how func()) {
			readers.Add(1)
			go func() {
				defer readers.Done()
				how()
			}()
		}
		read(func() { readLines(out.stdout.read, o.Output.line("info")) })
		read(func() {
			write := o.Output.line("error")
			readLines(out.stderr.read, func(line string, truncated bool) {
				e.keep(line)
				write(line, truncated)
			})
		})
		read(func() { readJournal(out.journal.read, o) })
		readers.Wait()
	}()
	return [2]chan struct{}{channelEnd, outputEnd}
}

func (e *executor) hear(frame wire.Frame) {
	if frame.File != nil {
		_ = frame.File.Close()
	}
	switch frame.Kind {
	case wire.KindLoaded:
		var loaded wire.Loaded
		if json.Unmarshal(frame.Payload, &loaded) == nil {
			e.initMs = loaded.InitMs
			e.settle(nil)
		}
	case wire.KindLoadFailed:
		failure := &contract.Error{}
		if json.Unmarshal(frame.Payload, failure) == nil {
			failure.Code = contract.LoadFailed
			e.settle(failure)
		}
	case wire.KindTook:
		var took wire.Connection
		if json.Unmarshal(frame.Payload, &took) == nil {
			e.took(took.ID)
		}
	default:
		e.onNotice(frame)
	}
}

// endUnheard kills a process that lives on without its channel.
func (e *executor) endUnheard() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.ended {
		killGroup(e.pid)
	}
}

func (e *executor) settle(err error) {
	select {
	case e.loaded <- err:
	default:
	}
}

func (e *executor) took(id uint64) {
	e.mu.Lock()
	one, known := e.untaken[id]
	delete(e.untaken, id)
	e.taken++
	e.mu.Unlock()
	if known && !one.keep {
		_ = one.conn.Close()
	}
}

func (e *executor) keep(line string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.kept) < maxKeptLines && (len(e.kept) > 0 || strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ")) {
		e.kept = append(e.kept, line)
	}
}

func readJournal(stream io.Reader, o *Options) {
	decoder := json.NewDecoder(stream)
	for {
		var line wire.JournalLine
		if err := decoder.Decode(&line); err != nil {
			// User code may have written to it; what follows is of no use.
			_, _ = io.Copy(io.Discard, stream)
			return
		}
		if line.Failure != "" {
			o.Stats.Failed(line.Failure, line.RequestID, time.Duration(line.DurationMs)*time.Millisecond, line.Message, line.Stack)
		} else {
			o.Output.logged(line)
		}
	}
}
