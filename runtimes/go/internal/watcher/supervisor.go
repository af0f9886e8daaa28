package watcher

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// Folders of the scratch folder.
const (
	codeFolder      = "code"
	incomingFolder  = "incoming"
	temporaryFolder = "tmp"
)

// Supervisor is a running watcher.
type Supervisor struct {
	DataPort    int
	ControlPort int

	instance *Instance
	data     *net.TCPListener
	control  *http.Server
}

// Start starts the watcher and returns when both ports listen.
func Start(config Config, log *Log) (*Supervisor, error) {
	if err := prepareScratch(&config); err != nil {
		return nil, err
	}
	owner, err := readMarker(config.Scratch)
	if err != nil {
		return nil, err
	}
	data, err := net.Listen("tcp", net.JoinHostPort(config.Host, strconv.Itoa(config.DataPort)))
	if err != nil {
		return nil, err
	}
	controlListener, err := net.Listen("tcp", net.JoinHostPort(config.Host, strconv.Itoa(config.ControlPort)))
	if err != nil {
		return nil, errors.Join(err, data.Close())
	}
	s := &Supervisor{
		DataPort: data.Addr().(*net.TCPAddr).Port, ControlPort: controlListener.Addr().(*net.TCPAddr).Port,
		instance: NewInstance(config, log.Logger, owner), data: data.(*net.TCPListener),
	}
	s.control = newControlServer(s.instance, config)
	go acceptConnections(s.data, log.Logger, s.instance.Route)
	go func() {
		if err := s.control.Serve(controlListener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the control port failed", "error", err.Error())
		}
	}()
	return s, nil
}

// DrainAndClose refuses what is new, waits for what runs at most the function's timeout, then ends everything (W9.2).
func (s *Supervisor) DrainAndClose() {
	timeout := time.Duration(0)
	if document := s.instance.Document(); document != nil {
		timeout = time.Duration(document.TimeoutMs) * time.Millisecond
	}
	s.instance.Drain(timeout)
	s.Close()
}

const controlCloseLimit = 200 * time.Millisecond

// Close ends everything at once.
func (s *Supervisor) Close() {
	_ = s.data.Close()
	s.instance.Close()
	// An answer to the drain that led here may be under way.
	ctx, cancel := context.WithTimeout(context.Background(), controlCloseLimit)
	defer cancel()
	_ = s.control.Shutdown(ctx)
}

func prepareScratch(config *Config) error {
	real, err := filepath.EvalSymlinks(config.Scratch)
	if err != nil {
		return err
	}
	config.Scratch = real
	for _, name := range []string{codeFolder, incomingFolder} {
		if err := os.RemoveAll(filepath.Join(real, name)); err != nil {
			return err
		}
	}
	for _, name := range []string{codeFolder, incomingFolder, temporaryFolder} {
		if err := os.MkdirAll(filepath.Join(real, name), 0o755); err != nil {
			return err
		}
	}
	return nil
}
