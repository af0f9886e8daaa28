package pools

import "syscall"

// lifeline makes an executor lead a group of its own and die with us, whatever its user code does (W9.2).
func lifeline() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
