package pools

import (
	"errors"
	"os"
	"syscall"

	"fibonacci.dev/go/internal/wire"
)

func channelPair() (*wire.Channel, *os.File, error) {
	pair, err := socketPair()
	if err != nil {
		return nil, nil, err
	}
	theirs := os.NewFile(uintptr(pair[1]), "channel")
	ours, err := wire.NewChannel(os.NewFile(uintptr(pair[0]), "channel"))
	if err != nil {
		return nil, nil, errors.Join(err, theirs.Close())
	}
	return ours, theirs, nil
}

func socketPair() ([2]int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(pair[0])
		syscall.CloseOnExec(pair[1])
	}
	return pair, err
}
