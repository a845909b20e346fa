import groovy.transform.CompileStatic
import java.util.concurrent.TimeUnit

/** Runs real shells on this machine or in a container, like Jenkins' durable-task plugin. */
@CompileStatic
class Shell {

    /** A script without a line for its interpreter runs with sh -xe. */
    private static final String START = '''
        cd "$1" && script=$2/script.sh && mkdir -p "$2" && cat >"$script" && chmod +x "$script" || exit
        if [ "$(head -c 2 "$script")" = '#!' ]; then exec "$script" </dev/null; else exec sh -xe "$script" </dev/null; fi'''

    private static int scripts = 0

    /** Runs a script of the step sh and returns its exit code. Without onStderr, both streams go to onStdout. To stop it, its process group gets the signal. */
    static int run(Context context, String script, String signal, Closure onStdout, Closure onStderr = null) {
        int number = next()
        return exec(context, ['setsid', 'sh', '-c', START, 'sh', context.dir, "${context.dir}@tmp/durable-${number}".toString()],
            script.getBytes('UTF-8'), signal, onStdout, onStderr)
    }

    /** Returns what a command writes to stdout. The command must succeed. */
    static byte[] read(Context context, List<String> command, byte[] stdin = new byte[0]) {
        ByteArrayOutputStream out = new ByteArrayOutputStream()
        StringBuilder err = new StringBuilder()
        int code = exec(context, command, stdin, 'KILL', { byte[] b, int n -> out.write(b, 0, n) }, { byte[] b, int n -> err.append(new String(b, 0, n)) })
        if (code != 0) {
            throw new IOException("${command}: exit code ${code}: ${err}")
        }
        return out.toByteArray()
    }

    private static synchronized int next() {
        return ++scripts
    }

    private static int exec(Context context, List<String> command, byte[] stdin, String signal, Closure onStdout, Closure onStderr) {
        List<String> variables = context.env.collect { String key, String value -> "${key}=${value}".toString() }
        ProcessBuilder builder = new ProcessBuilder(context.prefix + ['env'] + variables + command)
        builder.redirectErrorStream(onStderr == null)
        long began = System.currentTimeMillis()
        Process process = builder.start()
        List<Thread> readers = [pump(process.inputStream, onStdout), pump(process.errorStream, onStderr)] // stderr is empty if both streams are one
        process.outputStream.withStream { OutputStream s -> s.write(stdin) }
        while (!process.waitFor(50, TimeUnit.MILLISECONDS)) {
            if (context.stopped(began)) {
                new ProcessBuilder(['kill', '-' + signal, '--', '-' + process.pid()]).start().waitFor()
                readers.each { Thread t -> t.join() }
                throw new FlowInterruptedException()
            }
        }
        readers.each { Thread t -> t.join() }
        return process.exitValue()
    }

    private static Thread pump(InputStream from, Closure to) {
        return Thread.start {
            byte[] buffer = new byte[8192]
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                to.call(buffer, n)
            }
        }
    }

}
