// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vfio.hardware.linux.device.VfioAbi;
import vfio.os.Architecture;
import vfio.os.StructLayout;

/** Our structs and numbers are those of the installed headers: a C program of assertions, made from ours, compiles. */
class HeadersTest {
    private static final Map<Architecture, String> COMPILERS =
            Map.of(Architecture.X86_64, "x86_64-linux-gnu-gcc", Architecture.AARCH64, "aarch64-linux-gnu-gcc");

    private static List<StructLayout> structs(Architecture architecture) {
        List<StructLayout> all = new ArrayList<>(architecture.structs());
        all.addAll(VfioAbi.structs());
        return all;
    }

    private static String program(List<StructLayout> structs, Map<String, Integer> numbers) {
        StringBuilder c = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n#include <sys/socket.h>\n"
                + "#include <linux/vfio.h>\n");
        new TreeSet<>(structs.stream().map(StructLayout::header).toList())
                .forEach(header -> c.append("#include <").append(header).append(">\n"));
        for (StructLayout struct : structs) {
            String compare = struct.fields().containsKey("argsz") ? ">=" : "=="; // what says its size may have grown
            c.append("_Static_assert(sizeof(%s) %s %d, \"size of %1$s\");\n".formatted(struct.name(), compare, struct.size()));
            struct.fields().forEach((field, offset) -> c.append("_Static_assert(offsetof(%s, %s) == %d, \"%1$s %2$s\");\n"
                    .formatted(struct.name(), field, offset)));
        }
        numbers.forEach((name, value) -> c.append("_Static_assert(%s == %d, \"%1$s\");\n".formatted(name, value)));
        return c.toString();
    }

    /** Standard error of the compiler, empty where it is content. */
    private static String compile(Architecture architecture, Path folder, String program) throws Exception {
        Path source = Files.writeString(folder.resolve("abi.c"), program);
        Process compiler;
        try {
            compiler = new ProcessBuilder(COMPILERS.get(architecture), "-fsyntax-only", "-Wall", source.toString())
                    .redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("the compiler is missing; install the packages of realworld/corpora/packages", e);
        }
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return compiler.waitFor() == 0 ? "" : said + "failed";
    }

    @ParameterizedTest
    @EnumSource
    void structsAndNumbersAreThoseOfTheHeaders(Architecture architecture, @TempDir Path folder) throws Exception {
        assertEquals("", compile(architecture, folder, program(structs(architecture), VfioAbi.numbers())));
    }

    @ParameterizedTest
    @EnumSource
    void wrongOffsetIsNoticed(Architecture architecture, @TempDir Path folder) throws Exception {
        StructLayout wrong = StructLayout.of("linux/vfio.h", "struct vfio_irq_info", 16).field("count", 8);
        String said = compile(architecture, folder, program(List.of(wrong), Map.of()));
        assertTrue(said.contains("vfio_irq_info count"), said);
    }
}
