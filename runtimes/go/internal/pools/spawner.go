// Package pools keeps the executors of a revision: one process (executor.go), the two modes (thread.go, process.go), health and output.
package pools

import (
	"runtime"
	"sync"
	"syscall"
	"time"
)

// Ended is what the kernel tells of a process that has ended.
type Ended struct {
	Status syscall.WaitStatus
	CPU    time.Duration
}

// Spawner starts processes and is the one that waits for them, also for those that the kernel hands to process 1 of a container.
type Spawner struct {
	mu       sync.Mutex
	started  *sync.Cond
	children map[int]chan Ended
	requests chan func()
}

// NewSpawner starts the threads of a spawner; there is one in a process.
func NewSpawner() *Spawner {
	s := &Spawner{children: map[int]chan Ended{}, requests: make(chan func())}
	s.started = sync.NewCond(&s.mu)
	go s.serve()
	go s.reap()
	return s
}

// Start starts a process; the channel tells its end.
func (s *Spawner) Start(path string, arguments []string, attributes *syscall.ProcAttr) (int, <-chan Ended, error) {
	type started struct {
		pid   int
		ended chan Ended
		err   error
	}
	result := make(chan started)
	s.requests <- func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		pid, err := forkExec(path, arguments, attributes)
		if err != nil {
			result <- started{err: err}
			return
		}
		ended := make(chan Ended, 1)
		s.children[pid] = ended
		s.started.Broadcast()
		result <- started{pid: pid, ended: ended}
	}
	r := <-result
	return r.pid, r.ended, r.err
}

// serve never leaves its thread: a child is told of its parent's death when the thread ends that started it.
func (s *Spawner) serve() {
	runtime.LockOSThread()
	for start := range s.requests {
		start()
	}
}

// A file that was just written cannot be run while a process that was forked meanwhile still has it open; such a process is about to close it.
const (
	busyTries = 50
	busyPause = 2 * time.Millisecond
)

func forkExec(path string, arguments []string, attributes *syscall.ProcAttr) (pid int, err error) {
	for range busyTries {
		if pid, err = syscall.ForkExec(path, arguments, attributes); err != syscall.ETXTBSY {
			return pid, err
		}
		time.Sleep(busyPause)
	}
	return pid, err
}

func (s *Spawner) reap() {
	for {
		s.mu.Lock()
		for len(s.children) == 0 {
			s.started.Wait()
		}
		s.mu.Unlock()
		var status syscall.WaitStatus
		var usage syscall.Rusage
		pid, err := syscall.Wait4(-1, &status, 0, &usage)
		if err != nil {
			continue
		}
		s.mu.Lock()
		ended := s.children[pid]
		delete(s.children, pid)
		s.mu.Unlock()
		if ended != nil {
			ended <- Ended{Status: status, CPU: cpuTime(&usage)}
			close(ended)
		}
	}
}

func cpuTime(usage *syscall.Rusage) time.Duration {
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// killGroup ends a process and all that it has started.
func killGroup(pid int) {
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	_ = syscall.Kill(pid, syscall.SIGKILL)
}
