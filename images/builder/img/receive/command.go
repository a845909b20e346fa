package receive

import (
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"
)

// pipeSize is how much of the upload can wait for this program, in bytes: the usual limit of a pipe of an unprivileged process.
const pipeSize = 1 << 20

// Command returns the verb that the pod's supervisor runs. What it leaves unread on stdin, the supervisor reads.
func Command() *cobra.Command {
	o := Options{}
	cmd := &cobra.Command{
		Use: "receive --events FILE --end FILE DIRECTORY...", Short: "Receive the upload of kubectl img build", Args: cobra.MinimumNArgs(1), Hidden: true,
		RunE: func(_ *cobra.Command, args []string) error {
			o.Directories = args
			// Each wake-up costs time. A stdin that is no pipe, or a limit that is reached, does no harm.
			_, _ = unix.FcntlInt(os.Stdin.Fd(), unix.F_SETPIPE_SZ, pipeSize)
			return Receive(os.Stdin, o)
		},
	}
	cmd.Flags().StringVar(&o.Events, "events", "", "`FILE` to which a line is added for each frame")
	cmd.Flags().StringVar(&o.End, "end", "", "`FILE` for the SHA-256 of the end marker")
	for _, name := range []string{"events", "end"} {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // no such flag
		}
	}
	return cmd
}
