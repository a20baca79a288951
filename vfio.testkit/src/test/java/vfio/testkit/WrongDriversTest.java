// SPDX-License-Identifier: Apache-2.0
package vfio.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import vfio.pci.core.PciBinding;
import vfio.pci.core.VfioPciDevice;
import vfio.pci.core.bus.PciFunction;

/** For each fact a driver that breaks it and nothing else; and the words in which the contract says so. */
class WrongDriversTest {
    private static final Duration LIMIT = Duration.ofSeconds(2);

    /** The fact that is broken, what the failure says, the driver. */
    static Stream<Arguments> wrong() {
        return Stream.of(wrongLife(), wrongRegions(), wrongInterrupts(), wrongMigration(), wrongExchange())
                .flatMap(cases -> cases);
    }

    private static Arguments wrong(String fact, String words, Function<VfioPciDevice, PciBinding> driver) {
        return arguments(fact, words, driver);
    }

    private static Stream<Arguments> wrongLife() {
        return Stream.of(
                wrong("probeMakesABindingForTheDeviceItWasGiven", "returned null; to decline it must throw", device -> null),
                wrong("probeMakesABindingForTheDeviceItWasGiven", "made for another device",
                        device -> new Sound(new Stranger(device.function(), "another"))),
                wrong("theDeviceOpensAndClosesAndOpensAgain", "the second open failed", WrongLives.OpensOnce::new),
                wrong("closeTurnsBusMasterOff", "end closeDevice with super.closeDevice()", WrongLives.StaysBusMaster::new),
                wrong("closeEndsTheThreadsOfOpen", "live on after closeDevice: [forgotten]", WrongLives.KeepsItsThread::new),
                wrong("anOpenThatFailsLeavesNothingOpen", "left threads: [too early]", WrongLives.StartsTooEarly::new),
                wrong("removeUndoesProbe", "live on after remove: [of probe]", WrongLives.StartsInProbe::new),
                wrong("removeUndoesProbe", "configuration space is not as it was", WrongLives.LeavesRegisters::new),
                wrong("removeUndoesProbe", "remove failed", WrongLives.RemoveThrows::new),
                wrong("usersWhoOpenAtOnceOpenTheDriverOnce", "opened the core 2 times", WrongLives.OpensTwice::new),
                wrong("aRequestReturns", "request did not return within 2 s", WrongLives.RequestHangs::new),
                wrong("aRequestReachesTheReqInterrupt", "call super.request(count)", WrongLives.RequestIsSilent::new),
                wrong("aUserThatClosesEndsTheDrain", "closeDevice did not return", WrongLives.CloseHangsAfterRequest::new),
                wrong("aUserThatDoesNotCloseIsRevoked", "an interrupt came to a user that was revoked",
                        WrongLives.TrustsItsUsers::new),
                wrong("aNewInstanceTakesTheFunctionOver", "keep in static fields nothing", WrongLives::claims),
                wrong("nothingOfTheOldBindingIsReachable", "something still reaches the old binding", WrongLives::kept),
                wrong("theOldBindingTouchesNothingAfterItsRemove", "configuration space's read", WrongLives.WorksOn::new));
    }

    private static Stream<Arguments> wrongRegions() {
        return Stream.of(
                wrong("usersReadTheFunctionsIds", "users read vendor and device ffff:5678", WrongRegions::hidesIds),
                wrong("barsAreSizedAsTheirRegionsAre", "BAR 0 sizes to 4096 bytes and its region has 100",
                WrongRegions::cutsBar),
                wrong("readOnlyRegistersStayWhatTheyAre", "read-only byte 2c", WrongRegions.ClaimsSubsystem::new),
                wrong("accessesOutsideConfigurationSpaceAreRefused", "not with EFAULT", WrongRegions::cutsConfig),
                wrong("theDeviceOpensAndClosesAndOpensAgain", "SPARSE_MMAP has 8192 bytes", WrongRegions::mapsOutside),
                wrong("regionInfoIsCoherent", "has areas to map and no memory", WrongRegions::mapsNothing),
                wrong("everyReadableByteIsReadable", "reading 64 bytes at 2048 of region 9", WrongRegions::hasHoles),
                wrong("aRegionEndsWhereItsSizeSays", "leave whole() false", WrongRegions::wholeBar),
                wrong("readersReadInParallel", "guard what they share", WrongRegions::forOneReader),
                wrong("noMemoryIsReachedWhileItsDecodingIsOff", "claim no byte of it", WrongRegions.ClaimsCommand::new),
                wrong("vendorRegionsTellTheirType", "region 9 has no TYPE capability", WrongRegions::forgetsType),
                wrong("closeReleasesVendorRegionsOnce", "were released [0] times", WrongRegions::forgetsRelease),
                wrong("resetWorksWhileItsUserHasItOpen", "reset failed, and info claims flag RESET",
                WrongRegions.NoReset::new),
                wrong("resetKeepsTheUsersConfiguration", "command register", WrongRegions.ResetForgets::new),
                wrong("regionsAnswerAfterAReset", "region 9 answers EIO after a reset", WrongRegions.DiesInReset::new));
    }

    private static Stream<Arguments> wrongInterrupts() {
        return Stream.of(
                wrong("irqInfoIsThatOfConfigurationSpace", "and configuration space tells of 4",
                WrongInterrupts.Boasts::new),
                wrong("everyMsiVectorReachesItsSignal", "vector 0 of index 1 was fired", device ->
                        new WrongInterrupts.Swaps(device, 1)),
                wrong("everyMsixVectorReachesItsSignal", "vector 0 of index 2 was fired", device ->
                        new WrongInterrupts.Swaps(device, 2)),
                wrong("intxIsMaskedWhenItFiresUntilItIsUnmasked", "pass ACTION_MASK and ACTION_UNMASK",
                        WrongInterrupts.NeverUnmasks::new),
                wrong("noInterruptComesAfterItsDisable", "came after it was disabled", WrongInterrupts.NeverDisables::new));
    }

    private static Stream<Arguments> wrongMigration() {
        return Stream.of(
                wrong("migrationFlagsAndLengthAreLegal", "after another open", WrongMigrations::changesFlags),
                wrong("theMigrationOfTheBindIsThatOfTheOpen", "when the function was bound", WrongMigrations::claimsLess),
                wrong("probeMakesABindingForTheDeviceItWasGiven", "claims a migration that cannot be",
                        WrongMigrations::tellsNoFlags),
                wrong("everyPairOfStatesIsWalked", "the way from PRE_COPY to", WrongMigrations::knowsNoWayBack),
                wrong("theStateSavedIsThatOfTheFunctionItIsRestoredOn", "take up in RESUMING", WrongMigrations::dropsState),
                wrong("resetLeadsBackToRunning", "be in RUNNING when afterReset returns", WrongMigrations::missesReset),
                wrong("aStreamEndsWithItsStateAndAnotherCanBegin", "in the close() of its data",
                WrongMigrations::resumesOnce));
    }

    private static Stream<Arguments> wrongExchange() {
        return Stream.of(
                wrong("anOpenDeviceIsTakenOver", "by super.takeOver first", WrongExchanges.ForgetsItsParts::new),
                wrong("theStateIsThatOfTheVersionBefore", "read in takeOver all that handOver writes",
                        WrongExchanges.ForgetsItsState::new),
                wrong("takingOverChangesNothingOfTheDevice", "wrote [region 0 at 0x0]",
                        WrongExchanges.ClearsARegister::new),
                wrong("takingOverChangesNothingOfTheDevice", "reads at 0x0 of region 9",
                        WrongExchanges.ForgetsARegister::new),
                wrong("anExchangeThatFailsLeavesTheVersionBefore", "go on in stay", WrongExchanges.DoesNotStay::new),
                wrong("theVersionBeforeLetsGo", "live on: [poller]", WrongExchanges.KeepsItsThread::new),
                wrong("nothingOfTheVersionBeforeIsReachable", "while its device is open",
                        WrongExchanges.StaysReachable::new));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("wrong")
    void breaksOneFact(String fact, String words, Function<VfioPciDevice, PciBinding> driver) {
        Judged judged = Judged.of(LIMIT, () -> (device, id) -> driver.apply(device));
        assertEquals(Set.of(fact), judged.broken().keySet(), judged.broken()::toString);
        String said = judged.broken().get(fact);
        assertTrue(said.contains(words) && said.contains("; "), said);
    }

    @Test
    void everyFactIsBrokenByADriver() {
        Set<String> facts = new TreeSet<>();
        Arrays.stream(DriverContract.class.getInterfaces()).flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> method.isAnnotationPresent(Test.class)).forEach(method -> facts.add(method.getName()));
        wrong().forEach(arguments -> facts.remove((String) arguments.get()[0]));
        assertEquals(Set.of(), facts, "facts that no wrong driver breaks");
    }

    /** A device that the core has not made. */
    private record Stranger(PciFunction function, String driver) implements VfioPciDevice {
        @Override
        public Optional<String> setting(String name) {
            return Optional.empty();
        }
    }
}
