// Package program runs programs and reads what they say: their output, their errors and the memory that they take.
package program
