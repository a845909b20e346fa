import groovy.transform.CompileStatic
import java.lang.reflect.Field

/** Jenkins writes a running pipeline to disk at any step: what a body has captured must go there. */
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

    /** Scripts and closures are Jenkins' own business. */
    @Override
    protected Object replaceObject(Object o) {
        return o instanceof Script || o instanceof Closure ? null : o
    }

}
