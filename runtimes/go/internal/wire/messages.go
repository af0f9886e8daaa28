package wire

import (
	"encoding/json"

	"fibonacci.dev/go/internal/contract"
)

// Version is that of this package's protocol. The function's executable was built with the packager's copy of it, the supervisor with the image's.
const Version = 1

// Kind of a frame.
type Kind byte

// Supervisor → executor.
const (
	// KindLoad comes first, with a LoadOrder.
	KindLoad Kind = iota + 1
	// KindConnection comes with a connection of the data port, and a Connection.
	KindConnection
	// KindRetire (Retire): refuse from now on.
	KindRetire
)

// Executor → supervisor.
const (
	// KindLoaded (Loaded): requests can be served.
	KindLoaded Kind = iota + 101
	// KindLoadFailed (contract.Error).
	KindLoadFailed
	// KindTook (Connection): it is the executor's. Sent before its first byte is read.
	KindTook
	// KindTimedOut: thread mode, a deadline has passed in user code; the supervisor answers with KindRetire.
	KindTimedOut
	// KindStarted (Started), KindBegun and KindFree: process mode, the stages of the one invocation: user code sees the request, the response begins, the connection has ended.
	KindStarted
	KindBegun
	KindFree
)

// The descriptors that an executor is started with, after its output.
const (
	ChannelFD = 3
	PageFD    = 4
	JournalFD = 5
)

// ExecutorArgument tells a function's executable that a supervisor has started it.
const ExecutorArgument = "fibonacci-executor"

// FunctionRef names a function.
type FunctionRef struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	UID       string `json:"uid"`
}

// LoadOrder is what the executor needs of a load document. Its environment it was started with.
type LoadOrder struct {
	Version          int         `json:"version"`
	Function         FunctionRef `json:"function"`
	Content          string      `json:"content"`
	Handler          string      `json:"handler"`
	Signature        string      `json:"signature"`
	Mode             string      `json:"mode"`
	Concurrency      int64       `json:"concurrency"`
	TimeoutMs        int64       `json:"timeoutMs"`
	MaxBodyBytes     int64       `json:"maxBodyBytes"`
	MemoryLimitBytes int64       `json:"memoryLimitBytes,omitempty"`
}

// Connection names a connection of the data port.
type Connection struct {
	ID uint64 `json:"id"`
}

// Retire orders to refuse with Code from now on. GraceMs: connections that have carried no request yet may still bring their first for so long.
type Retire struct {
	Code    contract.Code `json:"code"`
	GraceMs int64         `json:"graceMs"`
}

// Loaded tells which protocol the executable speaks, and how long its handler took to find.
type Loaded struct {
	InitMs float64 `json:"initMs"`
}

// Started is what the supervisor needs to answer for an executor that dies. DeadlineInMs is 0 where there is none.
type Started struct {
	RequestID    string `json:"requestId"`
	Method       string `json:"method"`
	DeadlineInMs int64  `json:"deadlineInMs"`
}

// JournalLine is a line of the journal: what the function logs and which of its invocations failed.
type JournalLine struct {
	// Failure is empty for a line of the function's log.
	Failure    contract.Code   `json:"failure,omitempty"`
	Level      string          `json:"level,omitempty"`
	Message    string          `json:"message"`
	RequestID  string          `json:"requestId,omitempty"`
	Fields     json.RawMessage `json:"fields,omitempty"`
	DurationMs int64           `json:"durationMs,omitempty"`
	Stack      string          `json:"stack,omitempty"`
}
