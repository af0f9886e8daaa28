// Command watcher runs one Go function instance: see protocol/watcher.md.
package main

import (
	"os"
	"os/signal"
	"syscall"
	"time"

	"fibonacci.dev/go/internal/pools"
	"fibonacci.dev/go/internal/watcher"
)

const (
	exitConfig   = 78
	exitSignal   = 128
	flushLimit   = 500 * time.Millisecond
	signalBuffer = 4
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == pools.GuardianArgument {
		pools.RunGuardian(os.Stdin)
		return
	}
	log := watcher.NewLog(os.Stdout)
	code := run(log)
	log.Flush(flushLimit)
	os.Exit(code)
}

func run(log *watcher.Log) int {
	signals := make(chan os.Signal, signalBuffer)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	config, problems := watcher.ParseConfig(os.Getenv, watcher.FolderProblem)
	if len(problems) > 0 {
		log.Error("invalid configuration", "problems", problems)
		return exitConfig
	}
	supervisor, err := watcher.Start(config, log)
	if err != nil {
		log.Error("the watcher could not start", "error", err.Error())
		return 1
	}
	log.Info("listening", "instance", config.Instance, "dataPort", supervisor.DataPort, "controlPort", supervisor.ControlPort)

	drained := make(chan struct{})
	if first := <-signals; first != syscall.SIGTERM {
		supervisor.Close()
		return exitSignal + int(syscall.SIGINT)
	}
	go func() {
		supervisor.DrainAndClose()
		close(drained)
	}()
	select {
	case <-drained:
		return 0
	case second := <-signals:
		supervisor.Close()
		return exitSignal + int(second.(syscall.Signal))
	}
}
