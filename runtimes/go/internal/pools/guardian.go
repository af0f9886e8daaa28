package pools

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// GuardianArgument makes the watcher's executable run as a guardian.
const GuardianArgument = "guardian"

// Guardian ends what executors have started when the supervisor is killed so hard that it cannot. A nil one does nothing.
type Guardian struct {
	mu    sync.Mutex
	pipe  *os.File
	ended <-chan Ended
}

// StartGuardian starts this executable as a guardian. Where we are process 1 of a container the kernel does the same, and there is none.
func StartGuardian(spawner *Spawner, log *slog.Logger) *Guardian {
	if os.Getpid() == 1 {
		return nil
	}
	guardian, err := startGuardian(spawner)
	if err != nil {
		log.Warn("no guardian: should this process be killed, what functions have started may outlive it", "reason", err.Error())
	}
	return guardian
}

func startGuardian(spawner *Spawner) (*Guardian, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	nothing, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = nothing.Close() }()
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = reader.Close() }()
	files := []uintptr{reader.Fd(), nothing.Fd(), nothing.Fd()}
	_, ended, err := spawner.Start(self, []string{self, GuardianArgument}, &syscall.ProcAttr{Dir: "/", Files: files, Sys: &syscall.SysProcAttr{Setpgid: true}})
	if err != nil {
		_ = writer.Close()
		return nil, err
	}
	return &Guardian{pipe: writer, ended: ended}, nil
}

func (g *Guardian) watch(pid int)  { g.tell("+", pid) }
func (g *Guardian) forget(pid int) { g.tell("-", pid) }

func (g *Guardian) tell(what string, pid int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	_, _ = fmt.Fprintf(g.pipe, "%s%d\n", what, pid)
}

// Close ends the guardian.
func (g *Guardian) Close() {
	if g == nil {
		return
	}
	_ = g.pipe.Close()
	<-g.ended
}

// RunGuardian reads `+pid` and `-pid`; at the end of its input, which the kernel closes with the supervisor, it kills what is left: whole process groups.
func RunGuardian(input io.Reader) {
	// What a terminal sends to everybody must not end it before.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	groups := map[int]bool{}
	for lines := bufio.NewScanner(input); lines.Scan(); {
		line := lines.Text()
		pid, err := strconv.Atoi(strings.TrimLeft(line, "+-"))
		if err != nil || pid <= 1 {
			continue
		}
		if strings.HasPrefix(line, "+") {
			groups[pid] = true
		} else {
			delete(groups, pid)
		}
	}
	for pid := range groups {
		killGroup(pid)
	}
}
