//go:build !linux

package pools

import "syscall"

// lifeline makes an executor lead a group of its own. It ends when its channel closes, and the guardian ends what is left.
func lifeline() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
