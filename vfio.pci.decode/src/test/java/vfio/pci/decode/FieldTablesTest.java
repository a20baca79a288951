// SPDX-License-Identifier: Apache-2.0
package vfio.pci.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each table by known bytes: what is expected was read from the specifications' register figures. */
class FieldTablesTest {
    private static final String ENDPOINT = "1000 0200";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            01 00 c3ff 0b01 c05a | 8  | Flags.Version=3, Flags.AuxCurrent=375mA, Flags.PME D3cold=+, Status.State=D3
            01 00 0302 0081 0000 | 8  | Flags.D1=+, Flags.D2=-, Status.PME=+, Status.PME-Enable=+, Bridge.PM=-
            02 00 3500 1702001f 11020000 | 12 | Version.Version=3, Version.Minor=5, Status.RQ=32, Status.SBA=+, \
                    Command.Rates=1
            03 00 3412 78563412 | 8 | VPD.Address=1234, VPD.F=-, Data.Data=12345678
            03 00 3492 00000000 | 8 | VPD.Address=1234, VPD.F=+
            04 00 2307 | 4 | Slots.slots=3, Slots.First=+, Slots.chassis=07
            05 00 2b00 0010e0fe 2140 | 10 | Flags.Enable=+, Flags.Count=4, Flags.Maximum=32, \
                    Address.Address=fee01000, Data.Data=4021
            05 00 8000 04000000 01000000 2100 | 14 | Flags.64bit=+, Address.Address=0000000100000004, Data.Data=0021
            05 00 0001 00000000 21000000 ff000000 02000000 | 20 | Masking.Masking=000000ff, Pending.Pending=00000002
            05 00 8001 00000000 00000000 21000000 0f000000 80000000 | 24 | Masking.Masking=0000000f, \
                    Pending.Pending=00000080
            07 00 5100 f80303a0 | 8 | Command.DPERE=+, Command.RBC=512, Command.OST=12, Status.Dev=03:1f.0, \
                    Status.533MHz=+
            08 00 03a8 0000e0fe 01000000 | 24 | Type.Type=MSI Mapping, MSI Mapping.Fixed=+
            08 00 01a8 0000e0fe 01000000 | 24 | Mapping Address.Base=00000001fee00000
            08 00 6000 | 28 | Type.Kind=Slave or Primary Interface, Command.UnitCnt=3
            09 00 14 | 20 | Length.Len=14
            0a 00 a020 | 4 | Port.BAR=1, Port.offset=00a0
            0d 00 0000 8680 3412 | 8 | Subsystem.Vendor=8086, Subsystem.Device=1234
            11 00 3f80 03200000 03300000 | 12 | Flags.Enable=+, Flags.Count=64, Flags.Masked=-, Vector table.BAR=3, \
                    Vector table.offset=00002000, PBA.offset=00003000
            12 00 1000 48200000 | 8 | Revision.Version=1, Location.BAR=8, Location.Offset=00000204
            12 00 1000 0f000000 | 16 | Location.BAR=15
            13 00 0603 0101 | 6 | AFCap.TP=+, AFCap.FLR=+, AFCtrl.FLR=+, AFStatus.TP=+
            14 00 0500 | 4 | Entries.NumEntries=5
            """)
    void standardCapabilitiesSayWhatTheirBytesMean(String bytes, int length, String expected) {
        DecodedConfig config = new Images(256, 0).first(0x50, bytes.replace("-", "")).decode();
        check(config.capabilities().get(0), length, expected);
        assertEquals(List.of(), config.warnings());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            1000 0200 12800010 10280900 | 52 | Flags.Version=2, Flags.Type=Endpoint, DevCap.MaxPayload=512 bytes, \
                    DevCap.FLReset=+, DevCap.RBE=+, DevCtl.MaxReadReq=512 bytes, DevSta.CorrErr=+, DevSta.UnsupReq=+
            1000 0100 00000000 | 20 | Flags.Version=1
            1000 9100 00000000 | 12 | Flags.Type=Root Complex Integrated Endpoint
            1000 9200 00000000 | 44 | Flags.Type=Root Complex Integrated Endpoint
            1000 4101 00000000 | 36 | Flags.Type=Root Port, Flags.Slot=+
            1000 0200 0000fc03 | 52 | DevCap.SlotPowerLimit=>600W
            1000 0200 00006804 | 52 | DevCap.SlotPowerLimit=2.6W
            1000 0200 00000000 00000000 035d4007 4000 0410 | 52 | LnkCap.Speed=8GT/s, LnkCap.Width=x16, \
                    LnkCap.ASPM=L0s L1, LnkCap.Exit Latency L0s=<2us, LnkCap.Port=7, LnkCap.ASPMOptComp=+, \
                    LnkCtl.CommClk=+, LnkSta.Speed=16GT/s, LnkSta.SlotClk=+
            1000 4201 00000000 00000000 00000000 00000000 60822100 c107 4801 1f00 0000 05000300 | 60 | SltCap.Slot=4, \
                    SltCap.HotPlug=+, SltCap.PowerLimit=0.004W, SltCtl.AttnInd=Off, SltCtl.PwrInd=Off, \
                    SltSta.PresDet=+, SltSta.Changed PresDet=+, SltSta.Changed LinkState=+, RootCtl.CRSVisible=+, \
                    RootSta.PME ReqID=0005, RootSta.PMEStatus=+, RootSta.PMEPending=+
            """)
    void expressSaysWhatItsTypeAndVersionHave(String bytes, int length, String expected) {
        check(new Images(4096, 0).first(0x40, bytes).decode().capabilities().get(0), length, expected);
    }

    @Test
    void expressVersionTwoHasSecondRegisters() {
        DecodedCapability express = new Images(4096, 0).first(0x40, ENDPOINT).put(0x64, "1f080c00 0904 0000")
                .put(0x6c, "1e000080 4403 1e00").decode().capabilities().get(0);
        check(express, 52, "DevCap2.Completion Timeout=Range ABCD, DevCap2.LTR=+, DevCap2.OBFF=Via message/WAKE#, "
                + "DevCtl2.Completion Timeout=260ms to 900ms, DevCtl2.LTR=+, LnkCap2.Supported Link Speeds=2.5-16GT/s, "
                + "LnkCap2.DRS=+, LnkCtl2.Target Link Speed=16GT/s, LnkCtl2.Selectable De-emphasis=-3.5dB, "
                + "LnkCtl2.Transmit Margin=Unknown, LnkSta2.EqualizationPhase3=+");
        assertTrue(new Images(4096, 0).first(0x40, "1000 0100").decode().capabilities().get(0)
                .field("DevCap2", "LTR").isEmpty());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            01000200 10000000 00001000 30204600 41000000 00200000 b4000000 | 44 | UESta.DLP=+, UEMsk.UnsupReq=+, \
                    UESvrt.SDES=+, CESta.BadTLP=+, CEMsk.AdvNonFatalErr=+, AERCap.First Error Pointer=14, \
                    AERCap.ECRCChkCap=+
            02000100 21000000 | 40 | Caps.EVC=1, Caps.LPEVC=2, VC1 Caps.MaxTimeSlots=1
            03000100 f0e2d100 03a1420c | 12 | Serial.Number=0c-42-a1-03-00-d1-e2-f0
            04000100 02000000 05040000 01000000 | 16 | Select.Index=2, Data.Base Power=5, Data.PM Sub State=1, \
                    Capability.System Allocated=+
            05000100 00010201 | 32 | Desc.PortNumber=01, Desc.ComponentID=02, Desc.EltType=Config, \
                    Link0 Desc.LinkType=MemMapped
            07000200 03000000 00ff0000 | 12 | Bitmap.RCiEPBitmap=00000003, Buses.Next=ff
            0b000100 01002301 | 18 | Header.ID=0001, Header.Rev=3, Header.Len=012
            0d000100 1f001d00 | 8 | ACSCap.SrcValid=+, ACSCap.EgressCtrl=-, ACSCtl.TransBlk=-, ACSCtl.UpstreamFwd=+
            0e000100 01020000 | 8 | ARICap.MFVC=+, ARICap.Next Function=2
            0f000100 20000380 | 8 | ATSCap.Page Aligned Request=+, ATSCtl.Enable=+, ATSCtl.Smallest Translation Unit=03
            10000100 00000000 19000000 08000800 04000100 02000100 00001e10 | 64 | IOVCtl.Enable=+, IOVCtl.MSE=+, \
                    VFs.Initial VFs=8, VFs.Number of VFs=4, VFs.Function Dependency Link=01, VF Ids.VF offset=2, \
                    VF Ids.Device ID=101e
            13000100 01000001 20000000 10000000 | 16 | PRICtl.Enable=+, PRISta.Stopped=+, \
                    Page Request.Page Request Capacity=00000020
            15000100 f0000000 20020000 | 12 | BAR0 Cap.Sizes=000000f, BAR0 Ctl.current size=4MB
            18000100 03080110 | 8 | LTR.Max snoop latency=3072ns, LTR.Max no snoop latency=1048576ns
            1b000100 06140100 | 8 | PASIDCap.Exec=+, PASIDCap.Max PASID Width=14, PASIDCtl.Enable=+
            1d000100 21040100 05000300 | 48 | DpcCap.INT Msg #=1, DpcCap.RPExt=+, DpcCtl.Trigger=1, DpcSta.Trigger=+, \
                    DpcSta.Reason=02
            1e000100 1f282100 00004260 29000000 | 16 | L1SubCap.ASPM_L1.1=+, L1SubCap.PortTPowerOnTime=40us, \
                    L1SubCtl1.LTR1.2_Threshold=2162688ns, L1SubCtl2.T_PwrOn=50us
            1f000100 07040000 03ff0000 | 12 | PTMCap.Root=+, PTMClockGranularity.PTMClockGranularity=4ns, \
                    PTMEffectiveGranularity.PTMEffectiveGranularity=Greater than 254ns
            23000100 981e8003 0000 | 56 | Header1.Vendor=1e98, Header1.Len=56, Header2.ID=0000
            2e000100 03000000 02000000 04000080 | 24 | DOECap.Interrupt Message Number=001, DOECtl.IntEn=+, \
                    DOESta.Error=+, DOESta.ObjectReady=+
            """)
    void extendedCapabilitiesSayWhatTheirBytesMean(String bytes, int length, String expected) {
        DecodedConfig config = new Images(4096, 0).first(0x40, ENDPOINT).put(0x100, bytes).decode();
        check(config.capabilities().get(1), length, expected);
        assertEquals(List.of(), config.warnings());
    }

    @Test
    void rootPortsHaveMoreErrorRegisters() {
        DecodedCapability aer = new Images(4096, 1).first(0x40, "1000 4200").put(0x100, "01000200")
                .put(0x12c, "07000000 79000058 08010810").decode().capabilities().get(1);
        check(aer, 0x38, "RootCmd.FERptEn=+, RootSta.MultUERcvd=+, RootSta.IntMsg=11, ErrorSrc.ERR_COR=0108, "
                + "ErrorSrc.ERR_FATAL/NONFATAL=1008");
    }

    @Test
    void functionsHaveAHeader() {
        DecodedConfig config = new Images(256, 0x80).put(0x04, "0705 1002 10000c03 1040 80 8f")
                .put(0x10, "0c0000fe 01000000 01c00000").put(0x2c, "f41a0011 0100f0fe").put(0x3c, "0b010308").decode();
        check(config.header(), "Id.Vendor=1af4, Id.Device=1000, Control.I/O=+, Control.DisINTx=+, Status.Cap=+, "
                + "Status.DEVSEL=medium, Class.Revision=10, Class.Class=030c, Latency.Latency=64, "
                + "Latency.Cache Line Size=64 bytes, Header.MultiFunction=+, BIST.Result=0f, Subsystem.Vendor=1af4, "
                + "Interrupt.Pin=A, Interrupt.Line=11, Timing.MaxLat=2000ns, "
                + "Region 0.Base=Memory at 1fe000000 (64-bit, prefetchable), Region 2.Base=I/O ports at c000, "
                + "Expansion ROM.Base=fef00000");
        assertTrue(config.field("Region 1", "Base").isEmpty(), "it is the upper half of BAR 0");
    }

    @Test
    void bridgesHaveBusesAndWindows() {
        DecodedConfig config = new Images(256, 1).put(0x18, "00010340").put(0x1c, "c1d1 00a0 00f010f0 0100f1ff")
                .put(0x28, "01000000 02000000").put(0x30, "00000000").put(0x3e, "1800").decode();
        check(config.header(), "Bus.secondary=01, Bus.subordinate=03, Bus.sec-latency=64, BridgeCtl.VGA16=+, "
                + "I/O behind bridge.Range=0000c000-0000dfff, Memory behind bridge.Range=f0000000-f01fffff, "
                + "Secondary status.<MAbort=+, "
                + "Prefetchable memory behind bridge.Range=0000000100000000-00000002ffffffff");
    }

    private static void check(DecodedCapability capability, int length, String expected) {
        assertEquals(length, capability.length(), capability.name());
        check(capability.fields(), expected);
    }

    private static void check(List<DecodedField> fields, String expected) {
        Map<String, String> there = new HashMap<>();
        fields.forEach(f -> there.put(f.register() + "." + f.name(), f.text()));
        for (String field : expected.split(", +(?=[^,=]*=)")) {
            int equals = field.indexOf('=', field.indexOf('.'));
            assertEquals(field.substring(equals + 1), there.get(field.substring(0, equals)), field.substring(0, equals));
        }
    }
}
