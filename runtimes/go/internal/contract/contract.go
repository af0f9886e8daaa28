// Package contract holds the strings and limits of protocol/watcher.md that this watcher shares with the platform.
// They are repeated here because a watcher imports nothing but its language's standard library; test/contract/go-checks.test.ts keeps them equal to protocol/.
package contract

// Headers of requests and answers (W5), in the form in which net/http keeps them.
const (
	HeaderPrefix      = "Fibonacci-"
	HeaderRequestID   = "X-Request-Id"
	HeaderTraceparent = "Traceparent"
	HeaderTimeout     = "Fibonacci-Timeout-Ms"
	HeaderNotStarted  = "Fibonacci-Not-Started"
	HeaderError       = "Fibonacci-Error"
)

// Paths of the control port (W2).
const (
	PathHealth     = "/_/health"
	PathReady      = "/_/ready"
	PathStatus     = "/_/status"
	PathSpecialize = "/_/specialize"
	PathUpdate     = "/_/update"
	PathDrain      = "/_/drain"
	PathMetrics    = "/metrics"
)

// Metrics of the control port (W2.4).
const (
	MetricInvocations = "function_watcher_invocations_total"
	MetricDuration    = "function_watcher_duration_seconds"
	MetricInFlight    = "function_watcher_in_flight"
	MetricRestarts    = "function_watcher_executor_restarts_total"
	MetricCPU         = "function_watcher_cpu_seconds_total"
	MetricMemory      = "function_watcher_memory_bytes"
)

// Limits of a push (W3.1, W3.2).
const (
	MaxPushBytes     = 64 * 1024 * 1024
	MaxPackageFiles  = 10_000
	MaxDocumentBytes = 1024 * 1024
)

// TokenIssuer is the `iss` of every token (W2.7).
const TokenIssuer = "fibonacci-scaler"

// Runtime is this watcher's name in /_/status.
const Runtime = "go"

// Executable is the file of a package that is run: the function, compiled.
const Executable = "function"
