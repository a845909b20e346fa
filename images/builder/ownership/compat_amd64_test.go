package main

import (
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"
)

// compatWays are calls of a 32-bit program that signal a process.
func compatWays(pid, signal int) map[string]func() error {
	return map[string]func() error{"32-bit kill": func() error { return call32(compatSignals.kill, pid, signal) }}
}

// call32 makes a system call as a 32-bit program does: by interrupt 0x80, which Go has no instruction for.
func call32(nr, first, second int) error {
	memory, err := unix.Mmap(-1, 0, page, unix.PROT_READ|unix.PROT_WRITE|unix.PROT_EXEC, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	must(err)
	result := (*int32)(unsafe.Pointer(&memory[page/2]))
	code := binary.LittleEndian.AppendUint32([]byte{0xb8}, uint32(nr))          // mov eax, nr
	code = binary.LittleEndian.AppendUint32(append(code, 0xbb), uint32(first))  // mov ebx, first
	code = binary.LittleEndian.AppendUint32(append(code, 0xb9), uint32(second)) // mov ecx, second
	code = append(code, 0xcd, 0x80, 0x48, 0xbf)                                 // int 0x80; mov rdi, result
	code = binary.LittleEndian.AppendUint64(code, uint64(uintptr(unsafe.Pointer(result))))
	code = append(code, 0x89, 0x07, 0xc3) // mov [rdi], eax; ret
	copy(memory, code)
	function := &struct{ code uintptr }{uintptr(unsafe.Pointer(&memory[0]))}
	(*(*func())(unsafe.Pointer(&function)))()
	if *result < 0 {
		return unix.Errno(-*result)
	}
	return nil
}
