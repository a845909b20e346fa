import org.codehaus.groovy.ast.ClassCodeVisitorSupport
import org.codehaus.groovy.ast.ClassNode
import org.codehaus.groovy.ast.MethodNode
import org.codehaus.groovy.ast.expr.BinaryExpression
import org.codehaus.groovy.ast.expr.MethodCallExpression
import org.codehaus.groovy.ast.stmt.ForStatement
import org.codehaus.groovy.classgen.GeneratorContext
import org.codehaus.groovy.control.CompilePhase
import org.codehaus.groovy.control.SourceUnit
import org.codehaus.groovy.control.customizers.CompilationCustomizer
import org.codehaus.groovy.syntax.SyntaxException

/** Makes the compiler reject code that Jenkins' transformation of pipelines does not support. */
class CpsRules extends CompilationCustomizer {

    /** Methods that return objects which can't be serialized, or that have such objects while their closure runs. */
    private static final List<String> UNSERIALIZABLE = ['entrySet', 'iterator', 'listIterator', 'matcher', 'parseText', 'eachFile', 'sort', 'eachLine']

    private final Set<String> steps

    CpsRules(Set<String> steps) {
        super(CompilePhase.CANONICALIZATION)
        this.steps = steps
    }

    @Override
    void call(SourceUnit source, GeneratorContext context, ClassNode type) {
        type.methods.each { method -> new Rules(source: source, steps: steps, method: method).visitMethod(method) }
    }

    static class Rules extends ClassCodeVisitorSupport {

        SourceUnit source
        Set<String> steps
        MethodNode method

        private boolean isPlain() {
            return method.annotations.any { annotation -> annotation.classNode.nameWithoutPackage == 'NonCPS' }
        }

        @Override
        protected SourceUnit getSourceUnit() {
            return source
        }

        @Override
        void visitMethodCallExpression(MethodCallExpression call) {
            if (plain && call.implicitThis && steps.contains(call.methodAsString)) {
                reject("@NonCPS method ${method.name} calls the step ${call.methodAsString}", call)
            }
            if (!plain && UNSERIALIZABLE.contains(call.methodAsString)) {
                reject("${method.name} calls ${call.methodAsString} and is not @NonCPS", call)
            }
            super.visitMethodCallExpression(call)
        }

        @Override
        void visitBinaryExpression(BinaryExpression expression) {
            if (!plain && expression.operation.text in ['=~']) {
                reject("${method.name} holds a Matcher and is not @NonCPS", expression)
            }
            super.visitBinaryExpression(expression)
        }

        @Override
        void visitForLoop(ForStatement loop) {
            if (!plain && !loop.variable.is(ForStatement.FOR_LOOP_DUMMY)) {
                reject("${method.name} holds an Iterator and is not @NonCPS", loop)
            }
            super.visitForLoop(loop)
        }

        private void reject(String message, Object node) {
            source.addError(new SyntaxException(message, node.lineNumber, node.columnNumber))
        }

    }

}
