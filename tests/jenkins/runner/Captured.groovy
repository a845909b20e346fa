import groovy.transform.CompileStatic
import java.lang.reflect.Field

/** Jenkins writes a running pipeline to disk at every step, so the variables that a block has captured must be serializable. */
@CompileStatic
class Captured extends ObjectOutputStream {

    private Captured() {
        super(new ByteArrayOutputStream())
        enableReplaceObject(true)
    }

    static void check(Closure body) {
        for (Field field : body.getClass().declaredFields) {
            if (field.type == Reference) {
                field.accessible = true
                new Captured().writeObject(((Reference) field.get(body)).get())
            }
        }
    }

    /** Jenkins serializes scripts and closures itself. */
    @Override
    protected Object replaceObject(Object o) {
        return o instanceof Script || o instanceof Closure ? null : o
    }

}
