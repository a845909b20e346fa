package main

import (
	"math/rand/v2"
)

// clockKinds are clients with a wrong clock. Nothing may come of it, neither for them nor for a build beside them.
func clockKinds() []kind {
	return []kind{
		{"clock an hour ahead", 1, clock("3600")},
		{"clock an hour behind", 1, clock("-3500")}, // the cluster's certificates begin an hour before its start
	}
}

func clock(seconds string) func(*rand.Rand) fault {
	return func(*rand.Rand) fault {
		return fault{
			what: "the client's clock is off by " + seconds + " s", want: mustSucceed,
			set: func(r *run) (err error) {
				r.program, err = r.clockPlugin()
				r.env = append(r.env, clockVariable+"="+seconds)
				return err
			},
		}
	}
}
