// SPDX-License-Identifier: Apache-2.0
package launcher;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IllegalFormatException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.Bundle;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.FrameworkListener;
import org.osgi.service.log.FormatterLogger;
import org.osgi.service.log.Logger;
import org.osgi.service.log.LoggerConsumer;
import org.osgi.service.log.LoggerFactory;

/**
 * The log of this process as OSGi's Log Service (101), for declarative services and drivers. It also has what the framework
 * reports, such as a driver's class that cannot be loaded.
 */
final class OsgiLog implements LoggerFactory, FrameworkListener {
    private static final Map<String, System.Logger.Level> LEVELS = Map.of("trace", System.Logger.Level.TRACE, "debug",
            System.Logger.Level.DEBUG, "info", System.Logger.Level.INFO, "warn", System.Logger.Level.WARNING, "error",
            System.Logger.Level.ERROR, "audit", System.Logger.Level.INFO);
    private static final String IS = "is";
    private static final String ENABLED = "Enabled";
    private static final Pattern PLACE = Pattern.compile(Pattern.quote("{}"));

    @Override
    public Logger getLogger(String name) {
        return getLogger(name, Logger.class);
    }

    @Override
    public Logger getLogger(Class<?> type) {
        return getLogger(type.getName(), Logger.class);
    }

    @Override
    public <L extends Logger> L getLogger(Class<?> type, Class<L> loggerType) {
        return getLogger(type.getName(), loggerType);
    }

    @Override
    public <L extends Logger> L getLogger(Bundle bundle, String name, Class<L> loggerType) {
        return getLogger(name.equals(Logger.ROOT_LOGGER_NAME) ? String.valueOf(bundle.getSymbolicName()) : name, loggerType);
    }

    /** Returns a logger made by reflection: the interface has forty methods that differ by their first word alone. */
    @Override
    public <L extends Logger> L getLogger(String name, Class<L> loggerType) {
        return loggerType.cast(Proxy.newProxyInstance(OsgiLog.class.getClassLoader(), new Class<?>[] {loggerType},
                new Lines(System.getLogger(name), loggerType == FormatterLogger.class)));
    }

    @Override
    public void frameworkEvent(FrameworkEvent event) {
        if (event.getThrowable() != null) {
            System.getLogger(String.valueOf(event.getBundle().getSymbolicName())).log(event.getType() == FrameworkEvent.ERROR
                    ? System.Logger.Level.ERROR : System.Logger.Level.WARNING, "the framework reports", event.getThrowable());
        }
    }

    /** @param printf whether messages are formats of printf(3), else of {@code {}} */
    private record Lines(System.Logger log, boolean printf) implements InvocationHandler {
        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            String name = method.getName();
            if (name.startsWith(IS) && name.endsWith(ENABLED)) {
                return log.isLoggable(LEVELS.get(name.substring(IS.length(), name.length() - ENABLED.length())
                        .toLowerCase(Locale.ROOT)));
            }
            System.Logger.Level level = LEVELS.get(name);
            if (level == null) {
                return other(proxy, name, arguments);
            }
            if (log.isLoggable(level)) {
                if (arguments[0] instanceof LoggerConsumer<?> consumer) {
                    accept(consumer, (Logger) proxy);
                } else {
                    write(level, String.valueOf(arguments[0]), arguments);
                }
            }
            return null;
        }

        private static <E extends Exception> void accept(LoggerConsumer<E> consumer, Logger logger) throws E {
            consumer.accept(logger);
        }

        private Object other(Object proxy, String name, Object[] arguments) {
            return switch (name) {
                case "equals" -> proxy == arguments[0];
                case "hashCode" -> System.identityHashCode(proxy);
                default -> log.getName(); // getName, toString
            };
        }

        /** Writes a line. The last of the arguments may be a Throwable. */
        private void write(System.Logger.Level level, String format, Object[] arguments) {
            List<Object> values = new ArrayList<>();
            for (Object argument : Arrays.asList(arguments).subList(1, arguments.length)) {
                values.addAll(argument instanceof Object[] more ? Arrays.asList(more) : Arrays.asList(argument));
            }
            Throwable thrown = null;
            if (!values.isEmpty() && values.get(values.size() - 1) instanceof Throwable last) {
                thrown = last;
                values.remove(values.size() - 1);
            }
            String line = values.isEmpty() ? format : printf ? formatted(format, values) : filled(format, values);
            log.log(level, line, thrown);
        }

        /**
         * Returns the formatted line, or format and values where the format is wrong: a bundle must not fail by what it logs.
         */
        private static String formatted(String format, List<Object> values) {
            try {
                return String.format(Locale.ROOT, format, values.toArray());
            } catch (IllegalFormatException e) {
                return format + " " + values;
            }
        }

        private static String filled(String format, List<Object> values) {
            var next = values.iterator();
            return PLACE.matcher(format).replaceAll(place -> Matcher.quoteReplacement(
                    next.hasNext() ? String.valueOf(next.next()) : place.group()));
        }
    }
}
