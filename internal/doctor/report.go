package doctor

import "fmt"

// Status is the result of a check.
type Status string

// The statuses. A check that the user has no right to make is Unknown.
const (
	OK      Status = "ok"
	Warn    Status = "warn"
	Fail    Status = "fail"
	Unknown Status = "unknown"
)

// Check is one line of a report.
type Check struct {
	Name   string `json:"check"`
	Status Status `json:"status"`
	Detail string `json:"detail"`
	Mend   string `json:"mend,omitempty"` // a command or a setting that helps
}

// Report is the result of an exam.
type Report struct {
	Checks []Check `json:"checks"`
	// Profiles lists the profiles that can work, from the most isolated to the least.
	Profiles []string `json:"profiles"`
}

// Add appends a check; format and args make its detail.
func (r *Report) Add(name string, status Status, mend, format string, args ...any) {
	r.Checks = append(r.Checks, Check{Name: name, Status: status, Mend: mend, Detail: fmt.Sprintf(format, args...)})
}
