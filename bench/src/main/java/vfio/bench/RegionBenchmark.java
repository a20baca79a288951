// SPDX-License-Identifier: Apache-2.0
package vfio.bench;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import vfio.core.device.Region;
import vfio.pci.core.id.RegionIndex;

/** Accesses through an open handle's regions, and an opaque VarHandle's of the same memory beside them. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = {"-XX:+UseSerialGC", "-Xms24m", "-Xmx256m"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class RegionBenchmark {
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int MASK = (1 << 20) - 4;

    private OpenedFunction function;
    private ByteBuffer plain;
    private Region memory;
    private Region drivers;
    private Region config;
    private int at;

    /** Opens the function; not measured. */
    @Setup
    public void open() {
        function = new OpenedFunction();
        plain = function.memory();
        memory = function.handle().region(OpenedFunction.MEMORY);
        drivers = function.handle().region(OpenedFunction.DRIVERS);
        config = function.handle().region(RegionIndex.CONFIG);
    }

    /** Closes it. */
    @TearDown
    public void close() {
        function.close();
    }

    /** Another place each time, so that nothing is hoisted out of the loop. */
    private int next() {
        at = at + 64 & MASK;
        return at;
    }

    /** The peer's read. */
    @Benchmark
    public int opaqueRead() {
        return (int) INT.getOpaque(plain, next());
    }

    /** The peer's write. */
    @Benchmark
    public void opaqueWrite() {
        INT.setOpaque(plain, next(), at);
    }

    /** A read of memory that the core owns. */
    @Benchmark
    public int read() {
        return memory.read32(next());
    }

    /** A write of memory that the core owns. */
    @Benchmark
    public void write() {
        memory.write32(next(), at);
    }

    /** A read that a driver answers, through the gate. */
    @Benchmark
    public int driverRead() {
        return drivers.read32(next() & 0xffc);
    }

    /** A read of virtual configuration space: header and capabilities in turn. */
    @Benchmark
    public int configRead() {
        return config.read32(next() >>> 4 & 0xfc);
    }
}
