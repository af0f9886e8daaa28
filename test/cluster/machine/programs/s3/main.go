// An S3 server that keeps objects as files, for tests: versitygw, which checks each request's signature.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

// Arguments: the address to listen at, the folder of the buckets, one for what is known of objects, the region. The keys are in the environment.
func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	if len(os.Args) != 5 {
		return fmt.Errorf("usage: s3 ADDRESS BUCKETS METADATA REGION")
	}
	store, err := meta.NewSideCar(os.Args[3])
	if err != nil {
		return err
	}
	files, err := posix.New(os.Args[2], store, posix.PosixOpts{SideCarDir: os.Args[3]})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return embedgw.RunVersityGW(ctx, files, &embedgw.Config{
		RootUserAccess:    os.Getenv("ROOT_ACCESS_KEY"),
		RootUserSecret:    os.Getenv("ROOT_SECRET_KEY"),
		Region:            os.Args[4],
		Ports:             []string{os.Args[1]},
		MaxConnections:    1000,
		MaxRequests:       500,
		MultipartMaxParts: 10000,
		VirtualDomain:     os.Getenv("VIRTUAL_DOMAIN"),
		Quiet:             true,
	})
}
