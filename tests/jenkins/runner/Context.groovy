/** What a step runs in: blocks such as withEnv, dir and container change a copy of it for their body. */
class Context {

    private static final ThreadLocal<Context> CURRENT = new InheritableThreadLocal<Context>()

    List<String> prefix = [] // of a command: nothing, or kubectl exec into a container
    String dir
    Map<String, String> env = [:]
    List<String> secrets = [] // literal, as Jenkins masks them
    List<Stop> stops = []
    String branch // of parallel

    static Context current() {
        return CURRENT.get()
    }

    /** Runs body in a context with other settings, and returns what it does. */
    static Object within(Map changes, Closure body) {
        Context outer = current()
        Context inner = new Context(
            prefix: outer?.prefix ?: [], dir: outer?.dir, env: outer?.env ?: [:], secrets: outer?.secrets ?: [],
            stops: outer?.stops ?: [], branch: outer?.branch)
        changes.each { name, value -> inner[name] = value }
        CURRENT.set(inner)
        try {
            return body()
        } finally {
            CURRENT.set(outer)
        }
    }

    /** Whether what began at that time is to be stopped by now: what begins afterwards, such as a clean-up, is not. */
    boolean stopped(long began) {
        long now = System.currentTimeMillis()
        return stops.any { stop -> began < stop.at && stop.at <= now }
    }

}
