// SPDX-License-Identifier: Apache-2.0
package vfio.hardware.emulated.internal;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static vfio.hardware.emulated.internal.Buses.at;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import vfio.core.Errno;
import vfio.core.VfioException;
import vfio.core.device.RegionOperations;
import vfio.hardware.emulated.internal.function.EmulatedFunction;
import vfio.pci.core.bus.DmaAccess;
import vfio.pci.core.bus.InterruptLines;
import vfio.pci.core.bus.InterruptLines.Kind;

class EduDeviceTest {
    private static final int FACTORIAL = 0x08;
    private static final int STATUS = 0x20;
    private static final int INTERRUPTS = 0x24;
    private static final int RAISE = 0x60;
    private static final int ACKNOWLEDGE = 0x64;
    private static final int BUFFER = 0x40000;

    @TempDir
    Path directory;
    private final byte[] memory = new byte[8192];
    private final RecordingSink sink = new RecordingSink();
    private final CountDownLatch hold = new CountDownLatch(1);
    private boolean holding;
    private EmulatedBus bus;
    private EmulatedFunction function;
    private InterruptLines lines;
    private RegionOperations edu;

    @BeforeEach
    void plug() {
        bus = Buses.of("functions: [{address: 01:00.0, vendor: 1234, device: 11e8, class: 00ff00, revision: 10, pin: 1, "
                + "bars: {0: 1M}, capabilities: [msi, pcie, aer], model: edu}]", directory);
        function = bus.function(at("01:00.0"));
        lines = function.side().interrupts();
        edu = function.side().bar(0);
        function.config().write(4, 2, 6);
        function.side().dma(new DmaAccess() {
            @Override
            public void read(long iova, ByteBuffer target) {
                check(iova, target.remaining());
                target.put(memory, (int) iova, target.remaining());
            }

            @Override
            public void write(long iova, ByteBuffer source) {
                check(iova, source.remaining());
                source.get(memory, (int) iova, source.remaining());
            }
        });
    }

    private void check(long iova, int count) {
        try {
            if (holding) {
                hold.await();
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (iova + count > memory.length) {
            throw new VfioException(Errno.EFAULT, "nothing is mapped there");
        }
    }

    @AfterEach
    void stop() {
        hold.countDown();
        bus.deactivate();
    }

    private int read(int register) {
        return (int) edu.read(register, 4);
    }

    private void write(int register, long value) {
        edu.write(register, register < 0x80 ? 4 : 8, value);
    }

    @Test
    void identifiesItselfAndIsAlive() {
        assertEquals(0x010000ed, read(0));
        write(4, 0x0f0f1234);
        assertEquals(0xf0f0edcb, read(4));
        write(0, 0);
        assertEquals(0x010000ed, read(0));
    }

    @ParameterizedTest
    @CsvSource({"0,1", "1,1", "5,120", "12,479001600", "13,1932053504", "33,-2147483648", "34,0", "-1,0"})
    void computesFactorials(int number, int result) {
        write(FACTORIAL, number);
        await().until(() -> (read(STATUS) & 1) == 0);
        assertEquals(result, read(FACTORIAL));
        assertEquals(0, read(INTERRUPTS));
    }

    @Test
    void factorialRaisesWhereItIsToldTo() {
        lines.connect(Kind.MSI, 1, sink);
        write(STATUS, 0xff);
        assertEquals(0x80, read(STATUS), "the other bits are its own");
        write(FACTORIAL, 4);
        await().until(() -> sink.raised.equals(List.of(0)));
        assertEquals(24, read(FACTORIAL));
        assertEquals(1, read(INTERRUPTS));
        write(ACKNOWLEDGE, 1);
        assertEquals(0, read(INTERRUPTS));
    }

    @Test
    void pinStaysUntilAllIsAcknowledged() {
        lines.connect(Kind.INTX, 1, sink);
        write(RAISE, 0);
        assertFalse(lines.asserted());
        write(RAISE, 0x12);
        assertTrue(lines.asserted());
        assertEquals(1, sink.asserted.get());
        write(ACKNOWLEDGE, 0x02);
        assertTrue(lines.asserted());
        write(ACKNOWLEDGE, 0x10);
        assertFalse(lines.asserted());
    }

    @Test
    void messagesLeaveThePinAlone() {
        lines.connect(Kind.MSI, 1, sink);
        write(RAISE, 1);
        write(RAISE, 1);
        assertEquals(List.of(0, 0), sink.raised);
        assertFalse(lines.asserted());
    }

    private void transfer(long from, long to, long count, int command) {
        write(0x80, from);
        write(0x88, to);
        write(0x90, count);
        write(0x98, command);
    }

    private void finished() {
        await().until(() -> (edu.read(0x98, 8) & 1) == 0);
    }

    @Test
    void dmaGoesInAndOut() {
        for (int i = 0; i < 4096; i++) {
            memory[i] = (byte) (i * 7);
        }
        transfer(0, BUFFER, 4096, 1);
        finished();
        lines.connect(Kind.MSI, 1, sink);
        transfer(BUFFER + 16, 4096, 4080, 7);
        await().until(() -> sink.raised.equals(List.of(0)));
        assertEquals(0x100, read(INTERRUPTS));
        for (int i = 0; i < 4080; i++) {
            assertEquals(memory[i + 16], memory[4096 + i], "byte " + i);
        }
    }

    @ParameterizedTest
    @CsvSource({"0x3ffff,1", "0x40000,4097", "0x41000,1", "0x40fff,2", "0x40000,-1", "0x40001,0x7fffffffffffffff",
        "-0x8000000000000000,1"})
    void dmaOutsideTheBufferMovesNothingAndIsReported(String inside, String count) {
        memory[0] = 5;
        transfer(Long.decode(inside), 0, Long.decode(count), 3);
        finished();
        assertEquals(5, memory[0]);
        int aer = ChainWalk.extended(function.config()).get(1);
        await().until(() -> function.config().read(aer + 4, 4) != 0);
    }

    @Test
    void whatIsNotMappedArrivesAsOnes() {
        transfer(memory.length, BUFFER, 4, 1);
        finished();
        transfer(BUFFER, 0, 8, 3);
        finished();
        assertEquals(0xffffffffL, ByteBuffer.wrap(memory).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong(0));
    }

    @Test
    void registersOfATransferThatRunsTakeNothing() {
        holding = true;
        transfer(0, BUFFER, 64, 1);
        write(0x90, 9);
        write(0x98, 3);
        assertEquals(64, edu.read(0x90, 8));
        assertEquals(1, edu.read(0x98, 8));
        hold.countDown();
        finished();
    }

    @Test
    void resetEndsWhatRunsWithoutEffect() {
        holding = true;
        lines.connect(Kind.MSI, 1, sink);
        write(4, 0);
        transfer(0, BUFFER, 64, 5);
        int express = ChainWalk.standard(function.config()).get(0x10);
        function.config().write(express + 8, 2, 0x8000);
        hold.countDown();
        write(FACTORIAL, 3);
        await().until(() -> (read(STATUS) & 1) == 0);
        assertEquals(6, read(FACTORIAL), "the thread has done both by now");
        assertEquals(List.of(), sink.raised);
        assertEquals(0, read(INTERRUPTS));
        assertEquals(0, read(4));
        assertEquals(0, edu.read(0x90, 8));
    }

    @ParameterizedTest
    @ValueSource(ints = {0x0c, 0x60, 0x64, 0x84, 0xa0, 0x40000, 0xffffc})
    void otherRegistersReadAllOnes(int register) {
        assertEquals(-1, read(register));
        write(register & ~7, 0);
    }

    @Test
    void otherWidthsReadAllOnes() {
        assertEquals(-1, edu.read(0, 8));
        assertEquals(-1, edu.read(4, 2));
        assertEquals(-1, edu.read(0x80, 1));
        edu.write(4, 1, 0);
        assertEquals(0, read(4));
        edu.write(0x80, 4, 0x12345678);
        assertEquals(0x12345678, read(0x80));
    }
}
