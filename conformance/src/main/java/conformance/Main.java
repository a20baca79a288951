// SPDX-License-Identifier: Apache-2.0
package conformance;

import java.io.IOException;
import java.nio.file.Path;

/** Rewrites what is made from rules and tags; {@code conformance/update} runs it once the tests are compiled. */
public final class Main {
    private Main() {
    }

    /** {@code --update REACTOR}; anything else is refused with exit code 2. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2 || !arguments[0].equals("--update")) {
            System.err.println("usage: --update REACTOR");
            System.exit(2);
        }
        Path reactor = Path.of(arguments[1]);
        Conformance.of(reactor).update();
        System.out.println(Conformance.of(reactor).summary());
    }
}
