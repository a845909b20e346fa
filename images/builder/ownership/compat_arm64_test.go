package main

// compatWays is empty: the processors of many machines, and the emulated one, run no 32-bit programs.
func compatWays(_, _ int) map[string]func() error { return nil }
