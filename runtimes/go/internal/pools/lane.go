package pools

import (
	"io"
	"net"
	"syscall"
	"time"

	"fibonacci.dev/go/internal/contract"
	"fibonacci.dev/go/internal/wire"
)

type laneState int

const (
	laneLoading laneState = iota
	laneFree
	laneBusy
)

// lane is an executor in process mode and what it is doing.
type lane struct {
	executor *executor
	state    laneState
	job      *job
	// verdict is why it was killed; nil when it ends by itself.
	verdict *contract.Error
}

// job is the one connection that an executor in process mode has at a time. The supervisor keeps its own descriptor, to answer when the executor cannot.
type job struct {
	conn      *net.TCPConn
	startedAt time.Time
	started   *wire.Started
	begun     bool
	deadline  *time.Timer
}

func (j *job) stopTimer() {
	if j.deadline != nil {
		j.deadline.Stop()
	}
}

// release: the executor has answered, only our descriptor is left to close.
func (j *job) release() {
	j.stopTimer()
	_ = j.conn.Close()
}

const (
	answerLimit    = 2 * time.Second
	maxDiscard     = 4 * 1024 * 1024
	firstByteLimit = 10 * time.Second
)

// fail answers in place of an executor that is gone, or cuts the connection where an answer had begun (W5.4, W5.8).
func (j *job) fail(failure *contract.Error) {
	j.stopTimer()
	if j.started == nil || j.begun {
		_ = j.conn.SetLinger(0)
		_ = j.conn.Close()
		return
	}
	SendLast(j.conn, contract.Raw(failure, contract.RequestID(j.started.RequestID), j.started.Method == "HEAD"))
}

// SendLast sends an answer, then reads on what the client still sends, so that closing does not take the answer from it.
func SendLast(conn *net.TCPConn, answer []byte) {
	_ = conn.SetDeadline(time.Now().Add(answerLimit))
	if _, err := conn.Write(answer); err == nil && conn.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, maxDiscard)
	}
	_ = conn.Close()
}

// awaitFirstByte waits until a connection has something to read, and leaves it there: nobody holds an executor by saying nothing.
func awaitFirstByte(conn *net.TCPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	_ = conn.SetReadDeadline(time.Now().Add(firstByteLimit))
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }()
	var peeked int
	err = raw.Read(func(fd uintptr) bool {
		var first [1]byte
		n, _, err := syscall.Recvfrom(int(fd), first[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		peeked = n
		return err != syscall.EAGAIN && err != syscall.EINTR
	})
	return err == nil && peeked > 0
}
