// SPDX-License-Identifier: Apache-2.0
package vfio.core.feature;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import vfio.core.Errno;
import vfio.core.VfioException;

/** The checks before any feature, on a table of features that do nothing. */
class FeaturesTest {
    private static final int GET = 1 << 16;
    private static final int SET = 1 << 17;
    private static final int PROBE = 1 << 18;

    /** Feature, operations and bytes of payload, as the kernel's headers have them; the others are missing. */
    private static final Map<Integer, String> KERNELS = Map.of(0, "set 16", 1, "get 8", 2, "both 8", 3, "set 0", 4, "set 8",
            5, "set 0", 6, "set 24", 7, "set 0", 8, "get 32", 9, "get 8");

    private final List<Integer> answered = new ArrayList<>();

    private Features table() {
        Features table = Features.NONE;
        for (int number : KERNELS.keySet()) {
            table = table.with(number, new Feature("F" + number, operations(number), size(number), request -> {
                answered.add(number);
                return new FeatureReply(FeatureReply.bytes(0), null);
            }));
        }
        return table;
    }

    private static int operations(int number) {
        return switch (KERNELS.get(number).split(" ")[0]) {
            case "get" -> GET;
            case "set" -> SET;
            default -> GET | SET;
        };
    }

    private static int size(int number) {
        return Integer.parseInt(KERNELS.get(number).split(" ")[1]);
    }

    static Errno errno(Features table, int argsz, int flags, byte[] payload) {
        try {
            table.dispatch(new FeatureRequest(argsz, flags, ByteBuffer.wrap(payload), null));
            return null;
        } catch (VfioException e) {
            return e.errno();
        }
    }

    /** The first of the kernel's checks that fails; null where none does. */
    private static Errno first(int argsz, int flags) {
        int number = flags & 0xffff;
        boolean get = (flags & GET) != 0;
        boolean set = (flags & SET) != 0;
        boolean probe = (flags & PROBE) != 0;
        if (Integer.compareUnsigned(argsz, 8) < 0 || flags >>> 19 != 0 || get && set && !probe) {
            return Errno.EINVAL;
        }
        String kernels = KERNELS.get(number);
        if (kernels == null) {
            return Errno.ENOTTY;
        }
        if (get && kernels.startsWith("set") || set && kernels.startsWith("get")) {
            return Errno.EINVAL;
        }
        if (probe) {
            return null;
        }
        boolean fits = Integer.compareUnsigned(argsz, 8 + size(number)) >= 0;
        return (get || set) && fits ? null : Errno.EINVAL;
    }

    @Test
    @Tag("C8-1")
    @Tag("C8-2")
    @Tag("C8-3")
    @Tag("C8-4")
    @Tag("C8-5")
    @Tag("C8-6")
    @Tag("C8-7")
    @Tag("C8-8")
    @Tag("C8-9")
    @Tag("C8-10")
    @Tag("C8-11")
    @Tag("C8-12")
    void everyRequestIsAnsweredAsTheKernelDoes() {
        Features table = table();
        List<Integer> sizes = new ArrayList<>(List.of(-1, Integer.MIN_VALUE, 4096));
        for (int argsz = 0; argsz <= 48; argsz++) {
            sizes.add(argsz);
        }
        List<Integer> numbers = new ArrayList<>(List.of(0x7fff, 0x8000, 0xffff));
        for (int number = 0; number <= 16; number++) {
            numbers.add(number);
        }
        for (int number : numbers) {
            for (int high = 0; high < 8 + 13; high++) { // the eight known combinations, then each unknown bit with GET
                int flags = number | (high < 8 ? high << 16 : GET | 1 << 19 + high - 8);
                for (int argsz : sizes) {
                    String what = "number %d flags %x argsz %d".formatted(number, flags, argsz);
                    answered.clear();
                    Errno expected = first(argsz, flags);
                    assertEquals(expected, errno(table, argsz, flags, new byte[32]), what);
                    boolean runs = expected == null && (flags & PROBE) == 0;
                    assertEquals(runs ? List.of(number) : List.of(), answered, what);
                }
            }
        }
    }

    @Test
    @Tag("C8-7")
    void probeAnswersWithThePayloadAsItCame() {
        ByteBuffer payload = ByteBuffer.wrap(new byte[] {1, 2, 3});
        FeatureReply reply = table().dispatch(new FeatureRequest(8, PROBE | SET, payload, "attachment"));
        assertEquals(payload, reply.payload());
        assertNull(reply.attachment());
    }

    @Test
    void laterFeatureReplacesAnEarlierOne() {
        Features driver = Features.NONE.with(1, Feature.get("OWN", 4, request -> FeatureReply.of(7)));
        FeatureRequest get = new FeatureRequest(16, GET | 1, ByteBuffer.allocate(0), null);
        assertEquals(7, table().with(driver).dispatch(get).payload().getLong(0));
        assertEquals(0, driver.with(table()).dispatch(get).payload().remaining());
        assertEquals(Errno.ENOTTY, errno(driver, 8, SET | 3, new byte[0]));
        assertEquals(Errno.ENOTTY, errno(Features.NONE, 64, GET | 1, new byte[0]));
    }

    @Test
    void driversFeatureThatLiesIsEio() {
        Features lying = Features.NONE.with(100, Feature.get("NULL", 4, request -> null))
                .with(101, Feature.get("LONG", 4, request -> FeatureReply.of(1)));
        assertEquals(Errno.EIO, errno(lying, 64, GET | 100, new byte[0]));
        assertEquals(Errno.EIO, errno(lying, 12, GET | 101, new byte[0]));
        assertNull(errno(lying, 16, GET | 101, new byte[0]));
    }

    @Test
    void payloadThatHasNotArrivedIsEinval() {
        Features table = Features.NONE.with(5, Feature.set("FIVE", 5, request -> answered.add(5)));
        for (int length = 0; length < 5; length++) {
            assertEquals(Errno.EINVAL, errno(table, 64, SET | 5, new byte[length]));
        }
        assertEquals(List.of(), answered);
        assertNull(errno(table, 64, SET | 5, new byte[5]));
        assertEquals(List.of(5), answered);
    }

    @Test
    void featureCannotChangeTheCallersBytes() {
        byte[] bytes = {1};
        Features table = Features.NONE.with(1, Feature.set("ONE", 1, request -> request.payload().put(0, (byte) 2)));
        assertThrows(RuntimeException.class, () -> errno(table, 9, SET | 1, bytes));
        assertEquals(1, bytes[0]);
    }

    @Test
    void mistakesOfAProgramAreRefused() {
        Feature one = Feature.get("ONE", 1, request -> null);
        assertThrows(IllegalArgumentException.class, () -> Features.NONE.with(-1, one));
        assertThrows(IllegalArgumentException.class, () -> Features.NONE.with(0x10000, one));
        assertThrows(IllegalArgumentException.class, () -> new Feature("NONE", 0, 1, one.answer()));
        assertThrows(IllegalArgumentException.class, () -> new Feature("PROBE", PROBE, 1, one.answer()));
        assertThrows(IllegalArgumentException.class, () -> Feature.get("LESS", -1, one.answer()));
    }
}
