module fibonacci.dev/go

go 1.24
