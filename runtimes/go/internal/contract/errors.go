package contract

import (
	"encoding/json"
	"errors"
)

// Code is a code of the platform's one table of errors.
type Code string

// The codes that a watcher answers with.
const (
	BadRequest          Code = "BAD_REQUEST"
	BadJSON             Code = "BAD_JSON"
	BadCloudEvent       Code = "BAD_CLOUDEVENT"
	TokenInvalid        Code = "TOKEN_INVALID"
	NotFound            Code = "NOT_FOUND"
	MethodNotAllowed    Code = "METHOD_NOT_ALLOWED"
	AlreadySpecialized  Code = "ALREADY_SPECIALIZED"
	StaleEpoch          Code = "STALE_EPOCH"
	StaleGeneration     Code = "STALE_GENERATION"
	BodyTooLarge        Code = "BODY_TOO_LARGE"
	PackageTooLarge     Code = "PACKAGE_TOO_LARGE"
	Internal            Code = "INTERNAL"
	UpgradeUnsupported  Code = "UPGRADE_UNSUPPORTED"
	FunctionError       Code = "FUNCTION_ERROR"
	FunctionCrashed     Code = "FUNCTION_CRASHED"
	FunctionBadResponse Code = "FUNCTION_BAD_RESPONSE"
	LoadFailed          Code = "LOAD_FAILED"
	PackageInvalid      Code = "PACKAGE_INVALID"
	MemoryLimit         Code = "MEMORY_LIMIT"
	NotSpecialized      Code = "NOT_SPECIALIZED"
	Draining            Code = "DRAINING"
	ExecutorUnavailable Code = "EXECUTOR_UNAVAILABLE"
	ExecutorRetired     Code = "EXECUTOR_RETIRED"
	ConcurrencyLimit    Code = "CONCURRENCY_LIMIT"
	FunctionTimeout     Code = "FUNCTION_TIMEOUT"
)

// Status is the HTTP status of a code on the data port.
func (code Code) Status() int {
	switch code {
	case BadRequest, BadJSON, BadCloudEvent:
		return 400
	case TokenInvalid:
		return 401
	case NotFound:
		return 404
	case MethodNotAllowed:
		return 405
	case AlreadySpecialized, StaleEpoch, StaleGeneration:
		return 409
	case BodyTooLarge, PackageTooLarge:
		return 413
	case UpgradeUnsupported:
		return 501
	case FunctionError, FunctionCrashed, FunctionBadResponse, LoadFailed, PackageInvalid, MemoryLimit:
		return 502
	case NotSpecialized, Draining, ExecutorUnavailable, ExecutorRetired, ConcurrencyLimit:
		return 503
	case FunctionTimeout:
		return 504
	default:
		return 500
	}
}

// ControlStatus is the status on the control port, where the caller pushed something that cannot be taken (W3.2, W3.4, W4.3).
func (code Code) ControlStatus() int {
	switch code {
	case LoadFailed, PackageInvalid:
		return 422
	case NotSpecialized, Draining:
		return 409
	default:
		return code.Status()
	}
}

// Refusal is what a caller is told whose request user code has not seen (W5.1); empty for other codes.
func (code Code) Refusal() string {
	switch code {
	case NotSpecialized:
		return "this instance has no function yet"
	case Draining:
		return "this instance is ending"
	case ExecutorUnavailable:
		return "this instance restarts its executor"
	case ExecutorRetired:
		return "this connection belongs to code that was replaced; connect anew"
	case ConcurrencyLimit:
		return "this instance has as many requests as it takes"
	default:
		return ""
	}
}

// Error is an error with a code of the table; File (relative to the function's code) and Line where user code is at fault.
type Error struct {
	Code    Code   `json:"code"`
	Message string `json:"message"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
}

func (e *Error) Error() string { return e.Message }

// NewError makes an error without a place.
func NewError(code Code, message string) *Error { return &Error{Code: code, Message: message} }

// AsError gives any error as one of the table; what is none becomes INTERNAL.
func AsError(err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return NewError(Internal, err.Error())
}

// Body is the JSON of an answer that the watcher itself makes.
func Body(err *Error, requestID string) []byte {
	body, _ := json.Marshal(struct {
		*Error
		RequestID string `json:"requestId"`
	}{err, requestID})
	return body
}
