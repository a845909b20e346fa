package jenkins_test

import "testing"

// The runner's compiler rejects code that Jenkins can't suspend. Tests of the library prove nothing if it accepts everything.
func TestRunner(t *testing.T) {
	t.Parallel()
	t.Run("rejects code that Jenkins can't suspend", rejectsUnserializable)
}

func rejectsUnserializable(t *testing.T) {
	t.Parallel()
	c := job{workspace: t.TempDir(), pipeline: `
		def matches() { def m = 'a' =~ 'b'; echo 'x' }
		def iterates(List all) { for (a in all) { echo a } }
		def walks(Map m) { m.entrySet() }
		@com.cloudbees.groovy.cps.NonCPS
		def calls() { echo 'x' }
		echo 'it runs'`}.run(t)
	c.says(t, "matches holds a Matcher", "iterates holds an Iterator", "walks calls entrySet", "@NonCPS method calls calls the step echo")
	c.lacks(t, "it runs")

	c = job{workspace: t.TempDir(), pipeline: `
		def reader = new StringReader('')
		withEnv([]) { echo reader.text }`}.run(t)
	c.fails(t, "java.io.StringReader")
}
