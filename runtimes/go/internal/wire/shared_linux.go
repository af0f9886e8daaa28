package wire

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"unsafe"
)

const (
	memfdCloexec      = 1
	memfdAllowSealing = 2
	fcntlAddSeals     = 1033
	sealSealShrink    = 1 | 2
)

// createShared gives memory of a fixed size. It is sealed: were user code to shorten it, the supervisor's next look would be fatal.
func createShared(_ string, size int64) (*os.File, error) {
	name := []byte("fibonacci-page\x00")
	fd, _, errno := syscall.Syscall(memfdCreateNumber(), uintptr(unsafe.Pointer(&name[0])), memfdCloexec|memfdAllowSealing, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("memfd_create", errno)
	}
	file := os.NewFile(fd, "page")
	if err := file.Truncate(size); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, fd, fcntlAddSeals, sealSealShrink); errno != 0 {
		return nil, errors.Join(os.NewSyscallError("fcntl", errno), file.Close())
	}
	return file, nil
}

// The package syscall is older than this call. Every 64-bit architecture but amd64 has the number of the generic table.
func memfdCreateNumber() uintptr {
	if runtime.GOARCH == "amd64" {
		return 319
	}
	return 279
}
