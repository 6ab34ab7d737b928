package drivers;

import com.microsoft.kiota.BaseRequestBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.Label;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Finds the request builder of an operation as a user of the SDK does: from the client, one method for each segment of
 * the path. It reads no URL template of the SDK, so that a builder with a wrong one is called like any other.
 */
final class Navigation {
    private static final Pattern PARAMETER = Pattern.compile("\\{(\\w+)\\}");
    private static final Pattern FUNCTION = Pattern.compile("([\\w.]*)\\((.*)\\)");
    private static final Pattern COMPOSITE_KEY = Pattern.compile("\\w+='?\\{\\w+\\}.*");
    private static final Pattern FUNCTION_ARGUMENT = Pattern.compile("(\\w+)='?\\{(\\w+)\\}'?");
    private static final Pattern INDEXER = Pattern.compile("by\\p{Lu}\\w*");

    // From the text of an argument to a parameter of this type; another text for the same value cannot be passed.
    private static final Map<Class<?>, Function<String, Object>> CONVERSIONS = Map.of(
            String.class, text -> text,
            Integer.class, Integer::valueOf,
            UUID.class, UUID::fromString,
            Boolean.class, Boolean::valueOf);

    private static final Map<String, Step> STEPS = new ConcurrentHashMap<>();

    /** The SDK has no method for a part of the operation, or it cannot take this call's value. */
    static final class NoMethod extends Exception {
        NoMethod(String message) {
            super(message);
        }
    }

    /** A method that leads to the next builder, and the argument of the call for each of its parameters. */
    private record Step(Method method, List<String> arguments) {}

    private Navigation() {}

    /** Returns the builder of a path template. */
    static Object findBuilder(Object client, String path, Map<String, String> arguments) throws Exception {
        Object builder = client;
        for (String segment : path.substring(1).split("/", -1)) {
            builder = takeStep(builder, segment, arguments);
        }
        return builder;
    }

    /** Sends the builder's request for an HTTP method that needs no request body; throws what the SDK does. */
    static void send(Object builder, String method, Map<String, String> query) throws Exception {
        Class<?> kind = builder.getClass();
        String name = method.toLowerCase(Locale.ROOT);
        try {
            if (query.isEmpty()) {
                invoke(builder, kind.getMethod(name));
            } else {
                Consumer<Object> configure = configuration -> setQuery(configuration, query);
                invoke(builder, kind.getMethod(name, Consumer.class), configure);
            }
        } catch (NoSuchMethodException error) {
            boolean body = listMethods(kind).stream().anyMatch(each -> each.getName().equals(name));
            throw new NoMethod(kind.getSimpleName() + (body ? "." + name + " requires a body" : " has no method " + name));
        } catch (NoParameter error) {
            throw new NoMethod(kind.getSimpleName() + "." + name + " has no query parameter " + error.getMessage());
        }
    }

    private static final class NoParameter extends RuntimeException {
        NoParameter(String name) {
            super(name);
        }
    }

    /** Sets the fields of the object that the method takes query parameters in. */
    private static void setQuery(Object configuration, Map<String, String> query) {
        try {
            Object parameters = configuration.getClass().getField("queryParameters").get(configuration);
            Map<String, String> fields = new HashMap<>();
            for (var each : parameters.getClass().getFields()) {
                fields.put(fold(each.getName()), each.getName());
            }
            for (var each : query.entrySet()) {
                String field = fields.get(fold(each.getKey()));
                if (field == null) {
                    throw new NoParameter(each.getKey());
                }
                parameters.getClass().getField(field).set(parameters, each.getValue());
            }
        } catch (ReflectiveOperationException | IllegalArgumentException error) {
            throw new NoParameter(String.join(", ", query.keySet()));
        }
    }

    private static Object takeStep(Object builder, String segment, Map<String, String> arguments) throws Exception {
        Class<?> kind = builder.getClass();
        String key = kind.getName() + " " + segment;
        Step step = STEPS.get(key);
        if (step == null) {
            step = findStep(kind, segment);
            STEPS.put(key, step);
        }
        Object[] values = new Object[step.arguments.size()];
        for (int each = 0; each < values.length; each++) {
            values[each] = convert(arguments.get(step.arguments.get(each)), step.method.getParameterTypes()[each]);
        }
        return invoke(builder, step.method, values);
    }

    private static Object invoke(Object builder, Method method, Object... values) throws Exception {
        try {
            return method.invoke(builder, values);
        } catch (InvocationTargetException error) {
            if (error.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw error;
        }
    }

    private static Step findStep(Class<?> kind, String segment) throws NoMethod, IOException {
        Matcher parameter = PARAMETER.matcher(segment);
        if (parameter.matches()) {
            return findIndexer(kind, parameter.group(1));
        }
        Matcher function = FUNCTION.matcher(segment);
        String name = segment;
        String inline = "";
        if (function.matches()) {
            name = function.group(1);
            inline = function.group(2);
        } else if (COMPOSITE_KEY.matcher(segment).matches()) {
            name = "";
            inline = segment;
        }
        Map<String, String> byName = new HashMap<>();
        StringBuilder suffix = new StringBuilder();
        Matcher argument = FUNCTION_ARGUMENT.matcher(inline);
        while (argument.find()) {
            byName.put(fold(argument.group(1)), argument.group(2));
            suffix.append("with").append(argument.group(1));
        }
        if (FUNCTION_ARGUMENT.matcher(inline).replaceAll("").matches(".*[^, ].*")) {
            throw new NoMethod(kind.getSimpleName() + " has no method for " + segment);
        }
        for (String spelling : listSpellings(name)) {
            for (Method each : listSteps(kind)) {
                List<String> names = fold(each.getName()).equals(fold(spelling + suffix)) ? listParameters(each) : null;
                if (names != null && names.size() == byName.size() && byName.keySet().containsAll(names)) {
                    return new Step(each, names.stream().map(byName::get).toList());
                }
            }
        }
        throw new NoMethod(kind.getSimpleName() + " has nothing for " + segment);
    }

    /** Finds the `by…` method, of which a collection has one. */
    private static Step findIndexer(Class<?> kind, String argument) throws NoMethod {
        List<Method> found = listSteps(kind).stream()
                .filter(each -> INDEXER.matcher(each.getName()).matches() && each.getParameterCount() == 1)
                .toList();
        if (found.size() != 1) {
            throw new NoMethod(kind.getSimpleName() + " has no method by… for an id");
        }
        return new Step(found.get(0), List.of(argument));
    }

    /**
     * Lists how a segment may be spelled in the SDK: a qualified name with its whole namespace or without; one that is
     * also a method of HTTP with `path` added.
     */
    private static List<String> listSpellings(String name) {
        if (name.equals("$value")) {
            return List.of("content");
        }
        String shortName = name.substring(name.lastIndexOf('.') + 1);
        return name.contains(".") ? List.of(name, "graph." + shortName, shortName) : List.of(name, name + "path");
    }

    /** Lists the methods that lead on to another builder. */
    private static List<Method> listSteps(Class<?> kind) {
        return listMethods(kind).stream()
                .filter(each -> BaseRequestBuilder.class.isAssignableFrom(each.getReturnType()))
                .filter(each -> !each.getName().equals("withUrl"))
                .toList();
    }

    private static List<Method> listMethods(Class<?> kind) {
        return List.of(kind.getMethods()).stream()
                .filter(each -> !Modifier.isStatic(each.getModifiers()) && !each.isBridge())
                .toList();
    }

    /**
     * Lists the names of a method's parameters, as an editor shows them. Reflection does not have them, but the class
     * file does: the variables of a method begin with itself and its parameters.
     */
    private static List<String> listParameters(Method method) throws IOException {
        if (method.getParameterCount() == 0) {
            return List.of();
        }
        Class<?> owner = method.getDeclaringClass();
        String[] names = new String[1 + method.getParameterCount()];
        try (InputStream file = owner.getResourceAsStream("/" + owner.getName().replace('.', '/') + ".class")) {
            new ClassReader(file).accept(new Variables(method, names), ClassReader.SKIP_FRAMES);
        }
        List<String> folded = new ArrayList<>();
        for (int each = 1; each < names.length; each++) {
            folded.add(fold(String.valueOf(names[each])));
        }
        return folded;
    }

    private static final class Variables extends ClassVisitor {
        private final Method method;
        private final String[] names;

        Variables(Method method, String[] names) {
            super(Opcodes.ASM9);
            this.method = method;
            this.names = names;
        }

        @Override
        public MethodVisitor visitMethod(int access, String name, String type, String signature, String[] errors) {
            if (!name.equals(method.getName()) || !type.equals(Type.getMethodDescriptor(method))) {
                return null;
            }
            return new MethodVisitor(Opcodes.ASM9) {
                @Override
                public void visitLocalVariable(String name, String type, String generic, Label from, Label to, int index) {
                    if (index < names.length) {
                        names[index] = name;
                    }
                }
            };
        }
    }

    /** Converts an argument to what the method requires. What another text would give as well cannot be passed. */
    private static Object convert(String value, Class<?> type) throws NoMethod {
        if (!CONVERSIONS.containsKey(type)) {
            throw new NoMethod("this driver makes no " + type.getSimpleName());
        }
        try {
            Object converted = CONVERSIONS.get(type).apply(value);
            if (String.valueOf(converted).equals(value)) {
                return converted;
            }
        } catch (IllegalArgumentException error) {
            // The same as another text.
        }
        throw new NoMethod("the SDK takes a value of type " + type.getSimpleName() + " here");
    }

    /** Reduces a name to what its spellings share: crossTenantAccess, CrossTenantAccess. */
    private static String fold(String name) {
        return name.replaceAll("[\\W_]", "").toLowerCase(Locale.ROOT);
    }
}
