package pools

import (
	"debug/buildinfo"
	"regexp"
	"strconv"
	"strings"

	"fibonacci.dev/go/internal/contract"
)

const maxKeptLines = 200

var (
	panicLine = regexp.MustCompile(`^(?:panic|fatal error): (.*?)(?: \[recovered\])?$`)
	frameLine = regexp.MustCompile(`^\t(\S.*\.go):(\d+)(?: \+0x[0-9a-f]+)?$`)
)

// describeExit tells why an executable ended before it could serve, from the last it printed: a panic of a package's initialization, with the place in the function's own code (W3.4).
func describeExit(reason string, lines []string, executable string) *contract.Error {
	failure := contract.NewError(contract.LoadFailed, "the process ended while it was loading: "+reason)
	for i, line := range lines {
		found := panicLine.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		failure.Message = "panic: " + found[1]
		failure.File, failure.Line = place(lines[i+1:], modulePath(executable))
		break
	}
	return failure
}

// place is the first frame in the function's module. Executables are built with -trimpath, so that paths begin with the module's.
func place(lines []string, module string) (string, int) {
	for _, line := range lines {
		found := frameLine.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		if file, ok := strings.CutPrefix(found[1], module+"/"); ok {
			number, _ := strconv.Atoi(found[2])
			return file, number
		}
	}
	return "", 0
}

func modulePath(executable string) string {
	info, err := buildinfo.ReadFile(executable)
	if err != nil {
		return ""
	}
	return info.Main.Path
}
