// Package watcher is the supervisor of one function instance: it owns the ports, the control API and the life cycle.
package watcher

import (
	"crypto/ed25519"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
)

// Config is the watcher's environment (W1.1).
type Config struct {
	Instance    string
	Scratch     string
	PublicKey   ed25519.PublicKey
	Host        string
	DataPort    int
	ControlPort int
	// MemoryLimitBytes is 0 where there is none.
	MemoryLimitBytes int64
}

var instancePattern = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,253}$`)

// ParseConfig reads the environment. Problems name the variable and the rule, never the value (W1.4). folderProblem tells why a folder cannot be used, or "".
func ParseConfig(env func(string) string, folderProblem func(string) string) (Config, []string) {
	c := Config{Instance: env("FIB_INSTANCE"), Host: env("FIB_HOST")}
	var problems []string
	if !instancePattern.MatchString(c.Instance) {
		problems = append(problems, "FIB_INSTANCE must be the instance’s id: 1 to 253 of A-Z a-z 0-9 . _ : / -")
	}
	problem := "must be set"
	if scratch := env("FIB_SCRATCH"); scratch != "" {
		c.Scratch, _ = filepath.Abs(scratch)
		problem = folderProblem(c.Scratch)
	}
	if problem != "" {
		problems = append(problems, "FIB_SCRATCH must be a writable folder: "+problem)
	}
	key, err := base64.RawURLEncoding.Strict().DecodeString(env("FIB_PUBLIC_KEY"))
	if err != nil || len(key) != ed25519.PublicKeySize {
		problems = append(problems, "FIB_PUBLIC_KEY must be an Ed25519 public key: 32 bytes, base64url")
	}
	c.PublicKey = key
	if c.Host == "" {
		c.Host = "0.0.0.0"
	}
	number := func(name string, fallback, least, most int64, rule string) int64 {
		text := env(name)
		if text == "" {
			return fallback
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < least || n > most || text[0] == '+' {
			problems = append(problems, name+" must be "+rule)
		}
		return n
	}
	c.DataPort = int(number("FIB_DATA_PORT", 8080, 0, 65535, "a port: 0 to 65535"))
	c.ControlPort = int(number("FIB_CONTROL_PORT", 8081, 0, 65535, "a port: 0 to 65535"))
	c.MemoryLimitBytes = number("FIB_MEMORY_LIMIT_BYTES", 0, 1, 1<<53, "a number of bytes, 1 or more")
	return c, problems
}

// FolderProblem makes a folder where there is none and tells why it cannot be written, or "".
func FolderProblem(path string) string {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err.(*os.PathError).Err.Error()
	}
	const writeAndSearch = 2 | 1
	if err := syscall.Access(path, writeAndSearch); err != nil {
		return err.Error()
	}
	return ""
}
