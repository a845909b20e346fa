import java.util.regex.Pattern

/** The console log of a step: whole lines, in which the texts of secrets are masked, as in Jenkins. */
class Log {

    private final Context context
    private final ByteArrayOutputStream line = new ByteArrayOutputStream()

    Log(Context context) {
        this.context = context
    }

    static void say(Context context, String text) {
        String shown = context.secrets.inject(text) { s, secret -> s.replaceAll(Pattern.quote(secret), '****') }
        synchronized (System.out) {
            shown.eachLine { each -> System.out.println(context.branch ? "[${context.branch}] ${each}" : each) }
            System.out.flush()
        }
    }

    synchronized void write(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            line.write(bytes[i])
            if (bytes[i] == (byte) '\n') {
                flush()
            }
        }
    }

    synchronized void flush() {
        if (line.size() > 0) {
            say(context, line.toString('UTF-8'))
            line.reset()
        }
    }

}
