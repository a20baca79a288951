// SPDX-License-Identifier: Apache-2.0
package vfio.pci.core.id;

/**
 * The registers of configuration space: the header, the capabilities of the first 256 bytes, and the extended ones. The names
 * are those of {@code uapi/linux/pci_regs.h} without {@code PCI_}. Positions in the header count from its start, positions in
 * a capability from the start of that capability; sizes are in bytes.
 */
public final class PciRegisters {
    // Sizes (PCI 3.0 section 6.1, PCIe 6.0 section 7.2)
    public static final int CFG_SPACE_SIZE = 256;
    /** With extended capabilities, which begin at {@link #CFG_SPACE_SIZE}. */
    public static final int CFG_SPACE_EXP_SIZE = 4096;
    public static final int STD_HEADER_SIZEOF = 0x40;
    public static final int STD_NUM_BARS = 6;

    // Header, all types (PCI 3.0 section 6.2)
    public static final int VENDOR_ID = 0x00;
    public static final int DEVICE_ID = 0x02;
    public static final int COMMAND = 0x04;
    public static final int COMMAND_IO = 1;
    public static final int COMMAND_MEMORY = 1 << 1;
    public static final int COMMAND_MASTER = 1 << 2;
    public static final int COMMAND_PARITY = 1 << 6;
    public static final int COMMAND_SERR = 1 << 8;
    public static final int COMMAND_INTX_DISABLE = 1 << 10;
    public static final int STATUS = 0x06;
    public static final int STATUS_INTERRUPT = 1 << 3;
    public static final int STATUS_CAP_LIST = 1 << 4;
    public static final int CLASS_REVISION = 0x08;
    public static final int CLASS_PROG = 0x09;
    public static final int CLASS_DEVICE = 0x0a;
    public static final int CACHE_LINE_SIZE = 0x0c;
    public static final int LATENCY_TIMER = 0x0d;
    public static final int HEADER_TYPE = 0x0e;
    public static final int HEADER_TYPE_MASK = 0x7f;
    public static final int HEADER_TYPE_NORMAL = 0;
    public static final int HEADER_TYPE_BRIDGE = 1;
    public static final int HEADER_TYPE_CARDBUS = 2;
    /** The device has more than one function. */
    public static final int HEADER_TYPE_MFD = 0x80;
    public static final int BIST = 0x0f;
    public static final int CAPABILITY_LIST = 0x34;
    public static final int INTERRUPT_LINE = 0x3c;
    public static final int INTERRUPT_PIN = 0x3d;

    // Header type 0 (PCI 3.0 section 6.2.5)
    public static final int BASE_ADDRESS_0 = 0x10;
    public static final int BASE_ADDRESS_1 = 0x14;
    public static final int BASE_ADDRESS_2 = 0x18;
    public static final int BASE_ADDRESS_3 = 0x1c;
    public static final int BASE_ADDRESS_4 = 0x20;
    public static final int BASE_ADDRESS_5 = 0x24;
    public static final int BASE_ADDRESS_SPACE_IO = 1;
    public static final int BASE_ADDRESS_MEM_TYPE_64 = 4;
    public static final int BASE_ADDRESS_MEM_PREFETCH = 8;
    public static final int SUBSYSTEM_VENDOR_ID = 0x2c;
    public static final int SUBSYSTEM_ID = 0x2e;
    public static final int ROM_ADDRESS = 0x30;
    public static final int ROM_ADDRESS_ENABLE = 1;
    public static final int ROM_ADDRESS_MASK = ~0x7ff;

    // Header type 1 (PCI-to-PCI bridge 1.2 section 3.2.5)
    public static final int PRIMARY_BUS = 0x18;
    public static final int SECONDARY_BUS = 0x19;
    public static final int SUBORDINATE_BUS = 0x1a;
    /** The expansion ROM of a bridge. */
    public static final int ROM_ADDRESS1 = 0x38;
    public static final int BRIDGE_CONTROL = 0x3e;
    public static final int BRIDGE_CTL_BUS_RESET = 1 << 6;

    // Capability list (PCI 3.0 section 6.7 and appendix H)
    public static final int CAP_LIST_ID = 0;
    public static final int CAP_LIST_NEXT = 1;
    /** The first register behind id and next. */
    public static final int CAP_FLAGS = 2;
    public static final int CAP_ID_PM = 0x01;
    public static final int CAP_ID_AGP = 0x02;
    public static final int CAP_ID_VPD = 0x03;
    public static final int CAP_ID_MSI = 0x05;
    public static final int CAP_ID_PCIX = 0x07;
    public static final int CAP_ID_HT = 0x08;
    public static final int CAP_ID_VNDR = 0x09;
    /** Subsystem ids of a bridge. */
    public static final int CAP_ID_SSVID = 0x0d;
    public static final int CAP_ID_EXP = 0x10;
    public static final int CAP_ID_MSIX = 0x11;
    public static final int CAP_ID_SATA = 0x12;
    public static final int CAP_ID_AF = 0x13;
    /** Enhanced allocation. */
    public static final int CAP_ID_EA = 0x14;

    // Power management (PCI power management 1.2 section 3.2; the states as include/linux/pci.h has them)
    public static final int PM_PMC = 2;
    public static final int PM_CAP_D1 = 1 << 9;
    public static final int PM_CAP_D2 = 1 << 10;
    public static final int PM_CAP_PME_MASK = 0xf800;
    public static final int PM_CTRL = 4;
    public static final int PM_CTRL_STATE_MASK = 3;
    /** D3hot to D0 keeps the function's state. */
    public static final int PM_CTRL_NO_SOFT_RESET = 1 << 3;
    public static final int PM_CTRL_PME_ENABLE = 1 << 8;
    public static final int PM_CTRL_PME_STATUS = 1 << 15;
    public static final int D0 = 0;
    public static final int D3_HOT = 3;

    // Vital product data (PCI 3.0 appendix I)
    public static final int VPD_ADDR = 2;
    public static final int VPD_ADDR_F = 1 << 15;
    public static final int VPD_DATA = 4;

    // MSI (PCI 3.0 section 6.8.1)
    public static final int MSI_FLAGS = 2;
    public static final int MSI_FLAGS_ENABLE = 1;
    public static final int MSI_FLAGS_QMASK = 0x0e;
    public static final int MSI_FLAGS_QSIZE = 0x70;
    public static final int MSI_FLAGS_64BIT = 1 << 7;
    public static final int MSI_FLAGS_MASKBIT = 1 << 8;
    public static final int MSI_ADDRESS_LO = 4;
    public static final int MSI_ADDRESS_HI = 8;
    public static final int MSI_DATA_32 = 8;
    public static final int MSI_DATA_64 = 12;
    public static final int MSI_MASK_32 = 12;
    public static final int MSI_MASK_64 = 16;
    public static final int MSI_PENDING_32 = 16;
    public static final int MSI_PENDING_64 = 20;

    // MSI-X (PCI 3.0 section 6.8.2)
    public static final int MSIX_FLAGS = 2;
    public static final int MSIX_FLAGS_QSIZE = 0x7ff;
    public static final int MSIX_FLAGS_MASKALL = 1 << 14;
    public static final int MSIX_FLAGS_ENABLE = 1 << 15;
    public static final int MSIX_TABLE = 4;
    public static final int MSIX_TABLE_BIR = 7;
    public static final int MSIX_ENTRY_SIZE = 16;

    // PCI-X 2.0 section 7.2
    public static final int X_CMD = 2;
    public static final int X_ECC_CSR = 8;

    // Advanced features (PCI engineering change "Advanced Capabilities" of 2006)
    public static final int AF_CAP = 3;
    public static final int AF_CAP_TP = 1;
    public static final int AF_CAP_FLR = 1 << 1;
    public static final int AF_CTRL = 4;
    public static final int AF_CTRL_FLR = 1;

    // PCI Express capability (PCIe 6.0 section 7.5.3)
    public static final int EXP_FLAGS = 2;
    public static final int EXP_FLAGS_VERS = 0x0f;
    public static final int EXP_FLAGS_TYPE = 0xf0;
    public static final int EXP_TYPE_ENDPOINT = 0;
    public static final int EXP_TYPE_LEG_END = 1;
    public static final int EXP_TYPE_ROOT_PORT = 4;
    public static final int EXP_TYPE_UPSTREAM = 5;
    public static final int EXP_TYPE_DOWNSTREAM = 6;
    public static final int EXP_TYPE_PCI_BRIDGE = 7;
    /** Root complex integrated endpoint: this type and those above have no link. */
    public static final int EXP_TYPE_RC_END = 9;
    public static final int EXP_DEVCAP = 4;
    public static final int EXP_DEVCAP_FLR = 1 << 28;
    public static final int EXP_DEVCTL = 8;
    public static final int EXP_DEVCTL_PAYLOAD = 0x00e0;
    public static final int EXP_DEVCTL_READRQ = 0x7000;
    public static final int EXP_DEVCTL_BCR_FLR = 1 << 15;
    public static final int EXP_DEVSTA = 0x0a;
    /** Non-fatal error detected. */
    public static final int EXP_DEVSTA_NFED = 1 << 1;
    /** Fatal error detected. */
    public static final int EXP_DEVSTA_FED = 1 << 2;
    public static final int EXP_LNKCTL = 0x10;
    public static final int EXP_SLTCTL = 0x18;
    public static final int EXP_RTCTL = 0x1c;
    public static final int EXP_DEVCAP2 = 0x24;
    public static final int EXP_DEVCAP2_ATOMIC_ROUTE = 1 << 6;
    public static final int EXP_DEVCAP2_ATOMIC_COMP32 = 1 << 7;
    public static final int EXP_DEVCAP2_ATOMIC_COMP64 = 1 << 8;
    public static final int EXP_DEVCAP2_ATOMIC_COMP128 = 1 << 9;
    public static final int EXP_DEVCTL2 = 0x28;
    public static final int EXP_DEVCTL2_ATOMIC_REQ = 1 << 6;
    public static final int EXP_DEVCTL2_ATOMIC_EGRESS_BLOCK = 1 << 7;
    public static final int EXP_LNKCTL2 = 0x30;
    public static final int EXP_SLTCTL2 = 0x38;

    // Extended capabilities (PCIe 6.0 section 7.6.3)
    public static final int EXT_CAP_ID_ERR = 0x01;
    public static final int EXT_CAP_ID_VC = 0x02;
    public static final int EXT_CAP_ID_DSN = 0x03;
    public static final int EXT_CAP_ID_PWR = 0x04;
    public static final int EXT_CAP_ID_MFVC = 0x08;
    /** Virtual channels beside an MFVC. */
    public static final int EXT_CAP_ID_VC9 = 0x09;
    public static final int EXT_CAP_ID_VNDR = 0x0b;
    public static final int EXT_CAP_ID_ACS = 0x0d;
    public static final int EXT_CAP_ID_ARI = 0x0e;
    public static final int EXT_CAP_ID_ATS = 0x0f;
    public static final int EXT_CAP_ID_SRIOV = 0x10;
    public static final int EXT_CAP_ID_MCAST = 0x12;
    public static final int EXT_CAP_ID_PRI = 0x13;
    public static final int EXT_CAP_ID_REBAR = 0x15;
    public static final int EXT_CAP_ID_DPA = 0x16;
    public static final int EXT_CAP_ID_TPH = 0x17;
    public static final int EXT_CAP_ID_LTR = 0x18;
    /** Secondary PCI Express. */
    public static final int EXT_CAP_ID_SECPCI = 0x19;
    public static final int EXT_CAP_ID_PASID = 0x1b;
    public static final int EXT_CAP_ID_DPC = 0x1d;
    public static final int EXT_CAP_ID_L1SS = 0x1e;
    public static final int EXT_CAP_ID_PTM = 0x1f;
    public static final int EXT_CAP_ID_DVSEC = 0x23;

    // Advanced error reporting (PCIe 6.0 section 7.8.4)
    public static final int ERR_UNCOR_STATUS = 0x04;
    public static final int ERR_UNC_INTN = 1 << 22;
    public static final int ERR_UNCOR_MASK = 0x08;
    public static final int ERR_UNCOR_SEVER = 0x0c;
    public static final int ERR_COR_STATUS = 0x10;
    public static final int ERR_COR_MASK = 0x14;
    public static final int ERR_CAP = 0x18;

    // SR-IOV (PCIe 6.0 section 9.3.3)
    public static final int SRIOV_CAP = 0x04;
    public static final int SRIOV_CTRL = 0x08;
    public static final int SRIOV_CTRL_VFE = 1;
    public static final int SRIOV_INITIAL_VF = 0x0c;
    public static final int SRIOV_TOTAL_VF = 0x0e;
    public static final int SRIOV_NUM_VF = 0x10;
    public static final int SRIOV_FUNC_LINK = 0x12;
    public static final int SRIOV_VF_OFFSET = 0x14;
    public static final int SRIOV_VF_STRIDE = 0x16;
    public static final int SRIOV_VF_DID = 0x1a;
    public static final int SRIOV_SUP_PGSIZE = 0x1c;
    public static final int SRIOV_SYS_PGSIZE = 0x20;
    public static final int SRIOV_BAR = 0x24;

    // Latency tolerance reporting (PCIe 6.0 section 7.8.2)
    public static final int LTR_MAX_SNOOP_LAT = 4;

    private PciRegisters() {
    }
}
