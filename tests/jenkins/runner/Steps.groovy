import groovy.json.JsonSlurperClassic
import java.util.concurrent.locks.ReentrantLock

/** The steps of Jenkins that the library and the examples use. */
class Steps {

    /** As in Jenkins, one branch runs at a time. The others run while it waits for a step. */
    private final ReentrantLock turn = new ReentrantLock()

    Map credentials = [:]
    String signal = 'KILL'
    String scm
    Map currentBuild = [result: null, currentResult: 'SUCCESS']

    Object start(Closure program) {
        turn.lock()
        try {
            return program()
        } finally {
            turn.unlock()
        }
    }

    private Object meanwhile(Closure wait) {
        turn.unlock()
        try {
            return wait()
        } finally {
            turn.lock()
        }
    }

    private static Context context() {
        return Context.current()
    }

    // The shell.

    Object sh(String script) {
        return sh(script: script)
    }

    Object sh(Map args) {
        assert args.keySet() - ['script', 'returnStdout', 'returnStatus', 'label', 'encoding'] == [] as Set
        Context here = context()
        Log log = new Log(here)
        ByteArrayOutputStream stdout = new ByteArrayOutputStream()
        Closure toLog = { byte[] b, int n -> log.write(b, n) }
        Closure keep = { byte[] b, int n -> stdout.write(b, 0, n) }
        int code = meanwhile { Shell.run(here, args.script.toString(), signal, args.returnStdout ? keep : toLog, args.returnStdout ? toLog : null) }
        log.flush()
        if (args.returnStatus) {
            return code
        }
        if (code != 0) {
            error("script returned exit code ${code}")
        }
        return args.returnStdout ? stdout.toString('UTF-8') : null
    }

    // Files.

    String pwd(Map args = [:]) {
        return args.tmp ? "${context().dir}@tmp".toString() : context().dir
    }

    String readFile(String file) {
        return readFile(file: file)
    }

    String readFile(Map args) {
        return new String(Shell.read(context(), ['cat', path(args.file)]), 'UTF-8')
    }

    void writeFile(Map args) {
        Shell.read(context(), ['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat >"$1"', 'sh', path(args.file)], args.text.toString().getBytes('UTF-8'))
    }

    boolean fileExists(String file) {
        return new String(Shell.read(context(), ['sh', '-c', '[ ! -e "$1" ] || echo yes', 'sh', path(file)])) != ''
    }

    Object readJSON(Map args) {
        return new JsonSlurperClassic().parseText(args.text ?: readFile(args.file.toString()))
    }

    void checkout(Object source) {
        byte[] tar = Shell.read(new Context(dir: source.toString()), ['tar', '-c', '-C', source.toString(), '.'])
        Shell.read(context(), ['sh', '-c', 'mkdir -p "$1" && tar -x -C "$1"', 'sh', context().dir], tar)
    }

    void deleteDir() {
        Shell.read(context(), ['rm', '-rf', context().dir])
    }

    private static String path(Object file) {
        String name = file
        return name.startsWith('/') ? name : "${context().dir}/${name}".toString()
    }

    // Blocks.

    Object dir(String name, Closure body) {
        return block(body, [dir: path(name)])
    }

    Object withEnv(List variables, Closure body) {
        Map added = variables.collectEntries { each -> each.toString().split('=', 2) as List }
        return block(body, [env: context().env + added])
    }

    Object withCredentials(List bindings, Closure body) {
        Map env = [:]
        List secrets = []
        bindings.each { binding ->
            String secret = credentials[binding.credentialsId] ?: error("Could not find credentials entry with ID '${binding.credentialsId}'")
            if (binding.kind == 'file') {
                String file = "${context().dir}@tmp/secretFiles/${binding.credentialsId}"
                writeFile(file: file, text: secret)
                secret = file
            }
            env[binding.variable] = secret
            secrets << secret
        }
        return block(body, [env: context().env + env, secrets: context().secrets + secrets])
    }

    Map file(Map args) {
        return [kind: 'file'] + args
    }

    Map string(Map args) {
        return [kind: 'string'] + args
    }

    Object catchError(Map args = [:], Closure body) {
        try {
            return block(body, [:])
        } catch (FlowInterruptedException e) {
            if (args.catchInterruptions == false) {
                throw e
            }
            caught(args, e)
        } catch (Exception e) {
            caught(args, e)
        }
        return null
    }

    private void caught(Map args, Exception e) {
        echo([args.message, "ERROR: ${e.message}"].findAll().join('\n'))
        if ((args.buildResult ?: 'FAILURE') != 'SUCCESS') {
            currentBuild.result = args.buildResult ?: 'FAILURE'
        }
    }

    Object timeout(Map args, Closure body) {
        long limit = (args.time as long) * (args.unit == 'SECONDS' ? 1000 : 60_000)
        return block(body, [stops: context().stops + new Stop(at: System.currentTimeMillis() + limit)])
    }

    Object retry(int count, Closure body) {
        for (int i = 1; i < count; i++) {
            try {
                return block(body, [:])
            } catch (FlowInterruptedException e) {
                throw e
            } catch (Exception e) {
                echo("ERROR: ${e.message}\nRetrying")
            }
        }
        return block(body, [:])
    }

    Object stage(String name, Closure body) {
        echo("[Pipeline] { (${name})")
        return block(body, [:])
    }

    Map parallel(Map branches) {
        boolean failFast = branches.remove('failFast')
        Stop stop = new Stop()
        Context outer = context()
        Map results = [:]
        List failures = [].asSynchronized()
        List threads = branches.collect { name, body ->
            Captured.check(body)
            Thread.start {
                start {
                    Context.within([branch: name, stops: outer.stops + stop]) {
                        try {
                            results[name] = body()
                        } catch (Exception e) {
                            failures << e
                            echo("Failed in branch ${name}")
                            if (failFast && failures.size() == 1) {
                                stop.at = System.currentTimeMillis()
                            }
                        }
                    }
                }
            }
        }
        meanwhile { threads*.join() }
        if (failures) {
            throw failures[0]
        }
        return results
    }

    private static Object block(Closure body, Map changes) {
        Captured.check(body)
        return Context.within(changes, body)
    }

    // Other steps.

    void echo(Object text) {
        Log.say(context(), text.toString())
    }

    Object error(Object message) {
        throw new Exception(message.toString())
    }

    void unstable(Object message) {
        echo("WARNING: ${message}")
        currentBuild.result = 'UNSTABLE'
    }

    void sleep(Map args) {
        Context here = context()
        long began = System.currentTimeMillis()
        long end = began + (args.time as long) * 1000
        meanwhile {
            while (System.currentTimeMillis() < end) {
                if (here.stopped(began)) {
                    throw new FlowInterruptedException()
                }
                Thread.sleep(20)
            }
        }
    }

}
