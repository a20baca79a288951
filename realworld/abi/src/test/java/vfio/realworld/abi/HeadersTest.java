// SPDX-License-Identifier: Apache-2.0
package vfio.realworld.abi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import vfio.hardware.linux.device.IommufdAbi;
import vfio.hardware.linux.device.VfioAbi;
import vfio.os.call.StructLayout;
import vfio.os.internal.libc.Architecture;

/** Our structs and numbers are those of Linux's headers: a C program of assertions, made from ours, compiles. */
class HeadersTest {
    private static final Map<Architecture, String> COMPILERS =
            Map.of(Architecture.X86_64, "x86_64-linux-gnu-gcc", Architecture.AARCH64, "aarch64-linux-gnu-gcc");
    /** What VFIO has got after Linux 6.1, whose headers Debian 12 installs; iommufd.h is younger as a whole. */
    private static final Set<String> YOUNGER = Set.of("struct vfio_precopy_info", "VFIO_MIG_GET_PRECOPY_INFO");

    @TempDir
    private Path folder;

    private static List<StructLayout> structs(Architecture architecture) {
        List<StructLayout> all = new ArrayList<>(architecture.structs());
        all.addAll(VfioAbi.structs());
        return all;
    }

    /** For a compiler: VFIO's headers are those of a newer kernel, as its source has them; all others the installed ones. */
    private List<String> newer() throws IOException {
        String headers = System.getProperty("vfio.headers");
        assertNotNull(headers, "vfio.headers is missing; it is what realworld/kernel/headers 6.12 prints");
        // Debian's package of a kernel has what is made for it; what all of the version share is in another beside it.
        Path uapi = Path.of(headers.replaceFirst("-amd64$", "-common"), "include/uapi/linux");
        Path linux = Files.createDirectory(folder.resolve("linux"));
        for (String header : List.of("vfio.h", "iommufd.h")) {
            Files.copy(uapi.resolve(header), linux.resolve(header));
        }
        return List.of("-I", folder.toString(), "-D__user=");
    }

    private static String program(List<StructLayout> structs, Map<String, Integer> numbers) {
        StringBuilder c = new StringBuilder("#define _GNU_SOURCE\n#include <stddef.h>\n#include <sys/socket.h>\n"
                + "#include <linux/vfio.h>\n");
        new TreeSet<>(structs.stream().map(StructLayout::header).toList())
                .forEach(header -> c.append("#include <").append(header).append(">\n"));
        for (StructLayout struct : structs) {
            String compare = struct.fields().containsKey("argsz") ? ">=" : "=="; // what says its size may have grown
            c.append("_Static_assert(sizeof(%s) %s %d, \"size of %1$s\");\n"
                    .formatted(struct.name(), compare, struct.size()));
            struct.fields().forEach((field, offset) -> c.append("_Static_assert(offsetof(%s, %s) == %d, \"%1$s %2$s\");\n"
                    .formatted(struct.name(), field, offset)));
        }
        numbers.forEach((name, value) -> c.append("_Static_assert(%s == %d, \"%1$s\");\n".formatted(name, value)));
        return c.toString();
    }

    /** Standard error of the compiler, empty where it is content. */
    private String compile(Architecture architecture, List<String> options, String program) throws Exception {
        Path source = Files.writeString(folder.resolve("abi.c"), program);
        List<String> command = new ArrayList<>(List.of(COMPILERS.get(architecture), "-fsyntax-only", "-Wall"));
        command.addAll(options);
        command.add(source.toString());
        Process compiler;
        try {
            compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new AssertionError("the compiler is missing; install the packages of realworld/corpora/packages", e);
        }
        String said = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return compiler.waitFor() == 0 ? "" : said + "failed";
    }

    @ParameterizedTest
    @EnumSource
    void structsAndNumbersAreThoseOfTheInstalledHeaders(Architecture architecture) throws Exception {
        List<StructLayout> structs = structs(architecture);
        Map<String, Integer> numbers = new TreeMap<>(VfioAbi.numbers());
        assertTrue(structs.removeIf(struct -> YOUNGER.contains(struct.name())) & numbers.keySet().removeAll(YOUNGER));
        assertEquals("", compile(architecture, List.of(), program(structs, numbers)));
    }

    @ParameterizedTest
    @EnumSource
    void structsAndNumbersAreThoseOfANewerKernel(Architecture architecture) throws Exception {
        List<StructLayout> structs = structs(architecture);
        structs.addAll(IommufdAbi.structs());
        Map<String, Integer> numbers = CoreNumbers.all();
        numbers.putAll(VfioAbi.numbers());
        numbers.putAll(IommufdAbi.numbers());
        assertEquals("", compile(architecture, newer(), program(structs, numbers)));
        System.out.printf("abi: %d structs and %d numbers are those of the kernel's headers, %s%n", structs.size(),
                numbers.size(), architecture);
    }

    @ParameterizedTest
    @EnumSource
    void wrongOffsetIsNoticed(Architecture architecture) throws Exception {
        StructLayout wrong = StructLayout.of("linux/vfio.h", "struct vfio_irq_info", 16).field("count", 8);
        String said = compile(architecture, List.of(), program(List.of(wrong), Map.of()));
        assertTrue(said.contains("vfio_irq_info count"), said);
    }

    @ParameterizedTest
    @EnumSource
    void wrongSizeAndNumberOfANewerKernelAreNoticed(Architecture architecture) throws Exception {
        StructLayout wrong = StructLayout.of("linux/iommufd.h", "struct iommu_ioas_map", 48);
        String said = compile(architecture, newer(), program(List.of(wrong), Map.of("VFIO_DEVICE_FEATURE_BUS_MASTER", 9)));
        assertTrue(said.contains("size of struct iommu_ioas_map"), said);
        assertTrue(said.contains("\"VFIO_DEVICE_FEATURE_BUS_MASTER\""), said);
    }
}
