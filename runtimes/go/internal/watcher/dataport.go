package watcher

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/pools"
)

const (
	acceptPause   = 50 * time.Millisecond
	headLimit     = 10 * time.Second
	maxHeadBytes  = 64 * 1024
	maxRefusals   = 4096
	refusalBuffer = 4096
)

// acceptConnections hands each connection of the data port, unread, to route, until the listener closes.
func acceptConnections(listener *net.TCPListener, log *slog.Logger, route func(conn *net.TCPConn)) {
	failing := false
	for {
		conn, err := listener.AcceptTCP()
		if err == nil {
			failing = false
			go route(conn)
			continue
		}
		if opError, ok := err.(*net.OpError); !ok || !opError.Temporary() {
			return
		}
		// Out of descriptors: let some be given back before the next attempt.
		if !failing {
			log.Error("a connection could not be accepted", "error", err.Error())
		}
		failing = true
		time.Sleep(acceptPause)
	}
}

// refusals answers requests that no executor takes (W5.1): reads their head, not their body, and closes the connection, so that the next try gets a new one.
type refusals struct {
	stats *pools.Stats
	slots chan struct{}
}

func newRefusals(stats *pools.Stats) *refusals {
	return &refusals{stats: stats, slots: make(chan struct{}, maxRefusals)}
}

func (r *refusals) refuse(conn *net.TCPConn, code contract.Code) {
	select {
	case r.slots <- struct{}{}:
	default:
		_ = conn.Close()
		return
	}
	go func() {
		defer func() { <-r.slots }()
		r.answer(conn, code)
	}()
}

func (r *refusals) answer(conn *net.TCPConn, code contract.Code) {
	_ = conn.SetReadDeadline(time.Now().Add(headLimit))
	request, err := http.ReadRequest(bufio.NewReaderSize(io.LimitReader(conn, maxHeadBytes), refusalBuffer))
	if err != nil {
		if _, timedOut := err.(net.Error); timedOut || err == io.EOF {
			_ = conn.Close()
			return
		}
		pools.SendLast(conn, contract.Raw(contract.NewError(contract.BadRequest, "this is not a well-formed HTTP/1.1 request"), contract.RequestID(""), false))
		return
	}
	r.stats.Tally.Refused.Add(1)
	id := contract.RequestID(request.Header.Get(contract.HeaderRequestID))
	pools.SendLast(conn, contract.Raw(contract.NewError(code, code.Refusal()), id, request.Method == http.MethodHead))
}
