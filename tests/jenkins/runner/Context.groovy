/** The settings that a step runs with. Blocks such as withEnv, dir and container run their body with a changed copy. */
class Context {

    private static final ThreadLocal<Context> CURRENT = new InheritableThreadLocal<Context>()

    List<String> prefix = [] // of every command: empty, or kubectl exec into a container
    String dir
    Map<String, String> env = [:]
    List<String> secrets = [] // texts that are masked in the log
    List<Stop> stops = []
    String branch // of parallel

    static Context current() {
        return CURRENT.get()
    }

    /** Runs body with changed settings, and returns its result. */
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

    /** Tells whether a step that began at that time must stop. A step that begins after the stop, such as a clean-up, runs. */
    boolean stopped(long began) {
        long now = System.currentTimeMillis()
        return stops.any { stop -> began < stop.at && stop.at <= now }
    }

}
