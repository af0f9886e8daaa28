package pools

import (
	"bytes"
	"os"
	"strconv"
	"time"
)

// RSS is a process's resident memory in bytes as the kernel sees it; 0 where /proc does not tell.
func RSS(pid int) int64 {
	fields := procFields(pid, "statm")
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// Linux counts in hundredths of a second on every architecture (USER_HZ).
const clockTick = 10 * time.Millisecond

// cpuOf is the processor time of a running process.
func cpuOf(pid int) time.Duration {
	fields := procFields(pid, "stat")
	// The name, field 2, may hold blanks; what is counted here begins behind it.
	const user, system = 11, 12
	if len(fields) <= system {
		return 0
	}
	ticks := int64(0)
	for _, index := range []int{user, system} {
		n, _ := strconv.ParseInt(string(fields[index]), 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * clockTick
}

func procFields(pid int, name string) [][]byte {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/" + name)
	if err != nil {
		return nil
	}
	return bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
}
