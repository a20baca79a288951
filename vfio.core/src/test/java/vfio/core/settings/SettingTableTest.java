// SPDX-License-Identifier: Apache-2.0
package vfio.core.settings;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingTableTest {
    @interface Config {
        String name();

        long limitMillis() default 10;

        boolean quick() default false;

        @Form(value = "a|b", expected = "a or b")
        String[] words() default {};

        String[] folders() default {};
    }

    private final SettingTable table = new SettingTable(Config.class);

    @Test
    void namesAreThoseOfTheElements() {
        assertEquals(Set.of("folders", "limitMillis", "name", "quick", "words"), table.names());
    }

    @ParameterizedTest
    @CsvSource({"name, any", "limitMillis, 0", "limitMillis, 9223372036854775807", "quick, true", "quick, false",
            "folders, /a"})
    void whatIsAllowed(String name, String value) {
        assertEquals(Optional.empty(), table.problem(name, value));
    }

    @ParameterizedTest
    @CsvSource({"limitMillis, -5", "limitMillis, abc", "limitMillis, 5.0", "limitMillis, 9223372036854775808",
            "limitMillis, ''"})
    void numbersAreWholeAndNotNegative(String name, String value) {
        assertEquals(Optional.of("it is a whole number from 0 on"), table.problem(name, value));
    }

    @ParameterizedTest
    @CsvSource({"maybe", "yes", "1", "True", "''"})
    void whatIsNotTrueIsNotFalseTherefore(String value) {
        assertEquals(Optional.of("it is true or false"), table.problem("quick", value));
    }

    @Test
    void listsAndSingleValuesAreToldApart() {
        assertEquals(Optional.empty(), table.problem("folders", new String[] {"/a", "/b"}));
        assertEquals(Optional.of("it takes a list: write folders[]=/a,/b"), table.problem("folders", "/a,/b"));
        assertEquals(Optional.of("it takes one value, and no list: write name=VALUE"),
                table.problem("name", new String[] {"a"}));
        assertEquals(Optional.empty(), table.problem("limitMillis", 5L));
        assertEquals(Optional.empty(), table.problem("quick", true));
    }

    @Test
    void formIsThatOfEachText() {
        assertEquals(Optional.empty(), table.problem("words", new String[] {"a", "b"}));
        assertEquals(Optional.empty(), table.problem("words", "a"));
        assertEquals(Optional.of("'c' is not a or b"), table.problem("words", new String[] {"a", "c"}));
    }

    @Test
    void unknownNameIsToldWithTheNearestAndAll() {
        assertEquals(Optional.of("there is no such setting; did you mean folders?; there are folders[], limitMillis, name, "
                + "quick, words[]"),
                table.problem("folder", "x"));
        assertEquals(Optional.of("there is no such setting; there are folders[], limitMillis, name, quick, words[]"),
                table.problem("frobnicate", "x"));
    }

    @Test
    void amongOthersOnlyNearNamesAreRefused() {
        assertEquals(Optional.empty(), table.problemAmongOthers("frobnicate", "x"));
        assertEquals(Optional.of("there is no such setting; did you mean quick?"), table.problemAmongOthers("quik", "x"));
        assertEquals(Optional.of("it is true or false"), table.problemAmongOthers("quick", "x"));
    }
}
