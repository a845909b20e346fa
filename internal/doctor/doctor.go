// Package doctor finds out why images can't be built in a namespace. It changes nothing there.
package doctor

import "context"

// Run sends requests to the API server and creates nothing. It returns an error if the API server can't be reached.
func (e *Exam) Run(ctx context.Context) (*Report, error) {
	r := &Report{Profiles: []string{}}
	if err := e.server(r); err != nil {
		return nil, err
	}
	e.clock(r)
	mayBuild := e.rights(ctx, r, e.whoami(ctx))
	enforced := e.level(ctx, r)
	e.quota(ctx, r)
	e.limits(ctx, r)
	e.admission(ctx, r, mayBuild, enforced)
	e.nodes(ctx, r)
	return r, nil
}
