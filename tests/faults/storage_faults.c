/* Watches, numbers and breaks the storage calls of the process that loads it.
 *
 * A seccomp filter turns every call that can change files into a SIGSYS, and the
 * handler below carries it out, fails it, does half of it, or kills the process.
 * Overriding libc's functions with LD_PRELOAD would be the usual way, but Rust
 * code (tantivy's, through the rustix crate) enters the kernel without libc.
 *
 * Only calls on paths at or below one folder are touched. Nothing is ever really
 * synced to the disk: what an fsync makes durable is worked out from the journal,
 * by the model in disk.py. The filter cannot be taken off again, so it is armed in a
 * process forked for one trial.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>

/* The order of these is known to instrument.py. */
enum kind {
    CREATE, OPEN, READ, WRITE, TRUNCATE, EXTEND, SYNC, SYNC_FOLDER,
    RENAME, UNLINK, RMDIR, MKDIR, LINK, SYMLINK,
};
enum action { NOTHING, STOP, KILL, TEAR, FAIL };

struct plan {
    char root[PATH_MAX]; /* the folder to watch: absolute, without symbolic links */
    int32_t journal;     /* descriptor that takes the journal, or -1 */
    uint32_t kinds;      /* bit per kind: which calls count as steps */
    int64_t step;        /* at which step to act, from 1 */
    int32_t action;
    int32_t error;       /* errno of FAIL */
    int32_t lasting;     /* FAIL at every later step as well */
    int64_t budget;      /* bytes that files may grow by, or -1 */
};

/* Lies in memory shared with the process that waits for the trial to end. */
struct tally {
    int64_t steps;   /* counted so far */
    int64_t acted;   /* how often the action was taken, or the budget refused */
    int64_t used;    /* bytes that files have grown by */
    int64_t peak;    /* the most that `used` has been */
    int64_t unseen;  /* calls that could have changed files in ways not understood here */
};

struct record {
    uint32_t kind;
    uint32_t path_bytes, other_bytes;
    uint32_t data_bytes;
    int64_t result; /* as the call returned it: negative is an errno */
    uint64_t inode;
    int64_t offset;
};

static struct plan plan;
static struct tally *tally;
static int lock;

/* The one place from which calls pass the filter. */
long storage_call(long number, long a, long b, long c, long d, long e, long f);
extern const char storage_call_start[], storage_call_end[];
#if defined(__x86_64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_X86_64
__asm__(".text\n.globl storage_call_start\nstorage_call_start:\n"
        ".globl storage_call\n.type storage_call,@function\nstorage_call:\n"
        "mov %rdi,%rax\nmov %rsi,%rdi\nmov %rdx,%rsi\nmov %rcx,%rdx\nmov %r8,%r10\n"
        "mov %r9,%r8\nmov 8(%rsp),%r9\nsyscall\nret\n"
        ".globl storage_call_end\nstorage_call_end:\n");
#elif defined(__aarch64__)
#define AUDIT_ARCH_HERE AUDIT_ARCH_AARCH64
__asm__(".text\n.globl storage_call_start\nstorage_call_start:\n"
        ".globl storage_call\n.type storage_call,%function\nstorage_call:\n"
        "mov x8,x0\nmov x0,x1\nmov x1,x2\nmov x2,x3\nmov x3,x4\nmov x4,x5\nmov x5,x6\n"
        "svc 0\nret\n"
        ".globl storage_call_end\nstorage_call_end:\n");
#else
#error "only x86-64 and AArch64 are known here"
#endif
#define CALL(n, a, b, c, d, e, f) \
    storage_call((n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* --- paths and files ------------------------------------------------------- */

static int is_watched(const char *path) {
    size_t length = strlen(plan.root);
    return !strncmp(path, plan.root, length) && (path[length] == '/' || !path[length]);
}

/* Write the path of a descriptor; an empty one if it has none. */
static void path_of(int descriptor, char *path) {
    char link[40] = "/proc/self/fd/", digits[12];
    int count = 0;
    unsigned value = (unsigned)descriptor;
    do digits[count++] = (char)('0' + value % 10); while (value /= 10);
    size_t end = strlen(link);
    while (count) link[end++] = digits[--count];
    link[end] = 0;
    long size = CALL(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1, 0, 0);
    path[size > 0 ? size : 0] = 0;
}

static void resolve(int folder, const char *name, char *path) {
    if (name[0] == '/') {
        strncpy(path, name, PATH_MAX - 1);
        path[PATH_MAX - 1] = 0;
        return;
    }
    if (folder == AT_FDCWD) {
        if (CALL(SYS_getcwd, path, PATH_MAX, 0, 0, 0, 0) < 0) path[0] = 0;
    } else {
        path_of(folder, path);
    }
    size_t end = strlen(path);
    if (!name[0]) return;
    if (end + strlen(name) + 2 > PATH_MAX) { path[0] = 0; return; }
    path[end] = '/';
    strcpy(path + end + 1, name);
}

static int status_of_path(const char *path, struct stat *status) {
    return (int)CALL(SYS_newfstatat, AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW, 0, 0);
}

static int status_of(int descriptor, struct stat *status) {
    return (int)CALL(SYS_newfstatat, descriptor, "", status, AT_EMPTY_PATH, 0, 0);
}

/* --- the journal and the plan ---------------------------------------------- */

static void note(enum kind kind, const char *path, const char *other, uint64_t inode,
                 int64_t offset, const void *data, size_t length, int64_t result) {
    if (plan.journal < 0) return;
    struct record record = {
        .kind = kind, .result = result, .inode = inode, .offset = offset,
        .path_bytes = (uint32_t)strlen(path), .other_bytes = other ? (uint32_t)strlen(other) : 0,
        .data_bytes = (uint32_t)length,
    };
    struct iovec parts[] = {
        {&record, sizeof record}, {(void *)path, record.path_bytes},
        {(void *)other, record.other_bytes}, {(void *)data, length},
    };
    CALL(SYS_writev, plan.journal, parts, 4, 0, 0, 0);
}

static void signal_self(int signal) {
    CALL(SYS_kill, CALL(SYS_getpid, 0, 0, 0, 0, 0, 0), signal, 0, 0, 0, 0);
}

static void die(void) {
    signal_self(SIGKILL);
    for (;;) CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

/* What is to be done with this call. */
struct step { enum action action; };

static struct step begin(enum kind kind) {
    struct step step = {NOTHING};
    if (!(plan.kinds >> kind & 1)) return step;
    int64_t number = ++tally->steps;
    if (number == plan.step || (plan.lasting && plan.step && number > plan.step)) {
        step.action = (enum action)plan.action;
        tally->acted++;
    }
    if (step.action == KILL) die();
    if (step.action == STOP) signal_self(SIGSTOP);
    return step;
}

static void end(struct step step) {
    if (step.action == TEAR) die();
}

static void charge(int64_t bytes) {
    tally->used += bytes;
    if (tally->used > tally->peak) tally->peak = tally->used;
}

/* Bytes that deleting or emptying a file gives back. */
static int64_t size_of(const char *path) {
    struct stat status;
    if (status_of_path(path, &status) || !S_ISREG(status.st_mode) || status.st_nlink > 1) return 0;
    return status.st_size;
}

/* --- the calls --------------------------------------------------------------- */

static long do_open(int folder, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    struct stat status;
    resolve(folder, name, path);
    if (!is_watched(path)) return CALL(SYS_openat, folder, name, flags, mode, 0, 0);
    if ((flags & O_TMPFILE) == O_TMPFILE) tally->unseen++;
    int exists = !status_of_path(path, &status);
    int empties = exists && flags & O_TRUNC && (flags & O_ACCMODE) != O_RDONLY
                  && !(flags & O_CREAT && flags & O_EXCL);
    enum kind kind = !exists && flags & O_CREAT ? CREATE : empties ? TRUNCATE : OPEN;
    struct step step = begin(kind);
    if (step.action == FAIL) return -plan.error;
    int64_t size = empties ? size_of(path) : 0;
    long result = CALL(SYS_openat, folder, name, flags, mode, 0, 0);
    if (result >= 0 && kind != OPEN) {
        status_of((int)result, &status);
        if (kind == TRUNCATE) charge(-size);
        note(kind, path, NULL, status.st_ino, 0, NULL, 0, 0);
    }
    end(step);
    return result;
}

static long do_write(int descriptor, const void *data, size_t length, int64_t offset) {
    char path[PATH_MAX];
    struct stat status;
    path_of(descriptor, path);
    if (!is_watched(path) || status_of(descriptor, &status) || !S_ISREG(status.st_mode))
        return offset < 0 ? CALL(SYS_write, descriptor, data, length, 0, 0, 0)
                          : CALL(SYS_pwrite64, descriptor, data, length, offset, 0, 0);
    struct step step = begin(WRITE);
    if (step.action == FAIL) return -plan.error;
    int64_t start = offset;
    if (offset < 0) {
        int appends = CALL(SYS_fcntl, descriptor, F_GETFL, 0, 0, 0, 0) & O_APPEND;
        start = appends ? status.st_size : CALL(SYS_lseek, descriptor, 0, SEEK_CUR, 0, 0, 0);
    }
    if (step.action == TEAR) length /= 2;
    int64_t growth = start + (int64_t)length - status.st_size;
    if (plan.budget >= 0 && growth > 0 && tally->used + growth > plan.budget) {
        tally->acted++;
        /* What still fits is written, as on a real disk; the next write then fails. */
        int64_t fits = (int64_t)length - (tally->used + growth - plan.budget);
        if (fits <= 0) return -ENOSPC;
        length = (size_t)fits;
        growth = start + fits - status.st_size;
    }
    long result = offset < 0 ? CALL(SYS_write, descriptor, data, length, 0, 0, 0)
                             : CALL(SYS_pwrite64, descriptor, data, length, offset, 0, 0);
    if (result > 0) {
        if (growth > 0) charge(growth);
        note(WRITE, path, NULL, status.st_ino, start, data, (size_t)result, result);
    }
    end(step);
    return result;
}

/* A vector is written as its first part: a short write, which every caller must expect. */
static long do_writev(int descriptor, const struct iovec *parts, int count, int64_t offset) {
    for (int i = 0; i < count; i++)
        if (parts[i].iov_len)
            return do_write(descriptor, parts[i].iov_base, parts[i].iov_len, offset);
    return 0;
}

static long do_read(long number, const long *a) {
    char path[PATH_MAX];
    path_of((int)a[0], path);
    if (is_watched(path) && begin(READ).action == FAIL) return -plan.error;
    return CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long do_resize(long number, const char *path, int descriptor, const long *a, int64_t size,
                      enum kind kind) {
    struct stat status;
    if (!is_watched(path)) return CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    struct step step = begin(kind);
    if (step.action == FAIL) return -plan.error;
    if (descriptor < 0 ? status_of_path(path, &status) : status_of(descriptor, &status))
        status.st_size = size;
    int64_t growth = size - status.st_size;
    if (kind == EXTEND && growth < 0) growth = 0;
    if (plan.budget >= 0 && growth > 0 && tally->used + growth > plan.budget) {
        tally->acted++;
        return -ENOSPC;
    }
    long result = CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (result == 0) {
        charge(growth);
        note(kind, path, NULL, status.st_ino, size, NULL, 0, 0);
    }
    end(step);
    return result;
}

static long do_sync(long number, int descriptor) {
    char path[PATH_MAX];
    struct stat status;
    path_of(descriptor, path);
    if (!is_watched(path)) return CALL(number, descriptor, 0, 0, 0, 0, 0);
    status_of(descriptor, &status);
    enum kind kind = S_ISDIR(status.st_mode) ? SYNC_FOLDER : SYNC;
    struct step step = begin(kind);
    long result = step.action == FAIL ? -plan.error : 0;
    note(kind, path, NULL, status.st_ino, 0, NULL, 0, result);
    end(step);
    return result;
}

static long do_rename(const char *path, const char *other, unsigned flags) {
    if (!is_watched(path) && !is_watched(other))
        return CALL(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, flags, 0);
    if (!is_watched(path) || !is_watched(other) || flags & ~RENAME_NOREPLACE) tally->unseen++;
    struct step step = begin(RENAME);
    if (step.action == FAIL) return -plan.error;
    int64_t replaced = size_of(other);
    long result = CALL(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, flags, 0);
    if (!result) {
        charge(-replaced);
        note(RENAME, path, other, 0, 0, NULL, 0, 0);
    }
    end(step);
    return result;
}

static long do_unlink(const char *path, int flags) {
    if (!is_watched(path)) return CALL(SYS_unlinkat, AT_FDCWD, path, flags, 0, 0, 0);
    enum kind kind = flags & AT_REMOVEDIR ? RMDIR : UNLINK;
    struct step step = begin(kind);
    if (step.action == FAIL) return -plan.error;
    int64_t freed = kind == UNLINK ? size_of(path) : 0;
    long result = CALL(SYS_unlinkat, AT_FDCWD, path, flags, 0, 0, 0);
    if (!result) {
        charge(-freed);
        note(kind, path, NULL, 0, 0, NULL, 0, 0);
    }
    end(step);
    return result;
}

static long do_mkdir(const char *path, mode_t mode) {
    struct stat status;
    if (!is_watched(path)) return CALL(SYS_mkdirat, AT_FDCWD, path, mode, 0, 0, 0);
    struct step step = begin(MKDIR);
    if (step.action == FAIL) return -plan.error;
    long result = CALL(SYS_mkdirat, AT_FDCWD, path, mode, 0, 0, 0);
    if (!result && !status_of_path(path, &status))
        note(MKDIR, path, NULL, status.st_ino, 0, NULL, 0, 0);
    end(step);
    return result;
}

/* `target` is what a symbolic link says, or the other name of a hard one. */
static long do_link(enum kind kind, const char *target, const char *path, long number,
                    const long *a) {
    struct stat status;
    if (!is_watched(path)) return CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    struct step step = begin(kind);
    if (step.action == FAIL) return -plan.error;
    long result = CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (!result && !status_of_path(path, &status))
        note(kind, path, target, status.st_ino, 0, NULL, 0, 0);
    end(step);
    return result;
}

/* Calls that move bytes between files inside the kernel: the caller then does it by hand. */
static long do_refuse(int descriptor, int error, long number, const long *a) {
    char path[PATH_MAX];
    path_of(descriptor, path);
    if (is_watched(path)) return -error;
    return CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static long dispatch(long number, const long *a) {
    char one[PATH_MAX], two[PATH_MAX];
    switch (number) {
    case SYS_openat: return do_open((int)a[0], (char *)a[1], (int)a[2], (mode_t)a[3]);
    case SYS_write: return do_write((int)a[0], (void *)a[1], (size_t)a[2], -1);
    case SYS_pwrite64: return do_write((int)a[0], (void *)a[1], (size_t)a[2], a[3]);
    case SYS_writev: return do_writev((int)a[0], (void *)a[1], (int)a[2], -1);
    case SYS_pwritev:
    case SYS_pwritev2: return do_writev((int)a[0], (void *)a[1], (int)a[2], a[3]);
    case SYS_read:
    case SYS_pread64:
    case SYS_readv:
    case SYS_preadv: return do_read(number, a);
    case SYS_ftruncate:
        path_of((int)a[0], one);
        return do_resize(number, one, (int)a[0], a, a[1], TRUNCATE);
    case SYS_truncate:
        resolve(AT_FDCWD, (char *)a[0], one);
        return do_resize(number, one, -1, a, a[1], TRUNCATE);
    case SYS_fallocate:
        path_of((int)a[0], one);
        if (a[1] && is_watched(one)) tally->unseen++;
        return do_resize(number, one, (int)a[0], a, a[2] + a[3], EXTEND);
    case SYS_fsync:
    case SYS_fdatasync: return do_sync(number, (int)a[0]);
    case SYS_renameat:
    case SYS_renameat2:
        resolve((int)a[0], (char *)a[1], one);
        resolve((int)a[2], (char *)a[3], two);
        return do_rename(one, two, number == SYS_renameat2 ? (unsigned)a[4] : 0);
    case SYS_unlinkat:
        resolve((int)a[0], (char *)a[1], one);
        return do_unlink(one, (int)a[2]);
    case SYS_mkdirat:
        resolve((int)a[0], (char *)a[1], one);
        return do_mkdir(one, (mode_t)a[2]);
    case SYS_linkat:
        resolve((int)a[0], (char *)a[1], one);
        resolve((int)a[2], (char *)a[3], two);
        return do_link(LINK, one, two, number, a);
    case SYS_symlinkat:
        resolve((int)a[1], (char *)a[2], two);
        return do_link(SYMLINK, (char *)a[0], two, number, a);
    case SYS_sendfile: return do_refuse((int)a[0], EINVAL, number, a);
    case SYS_copy_file_range: return do_refuse((int)a[2], ENOSYS, number, a);
    case SYS_splice: return do_refuse((int)a[2], EINVAL, number, a);
    case SYS_io_uring_setup:
    case SYS_openat2: return -ENOSYS;
    case SYS_mmap: /* Shared and writable, or the filter had let it pass. */
        path_of((int)a[4], one);
        if ((int)a[4] >= 0 && is_watched(one)) tally->unseen++;
        return CALL(number, a[0], a[1], a[2], a[3], a[4], a[5]);
#ifdef SYS_open /* The older calls, which AArch64 never had. */
    case SYS_open: return do_open(AT_FDCWD, (char *)a[0], (int)a[1], (mode_t)a[2]);
    case SYS_creat:
        return do_open(AT_FDCWD, (char *)a[0], O_CREAT | O_WRONLY | O_TRUNC, (mode_t)a[1]);
    case SYS_rename:
        resolve(AT_FDCWD, (char *)a[0], one);
        resolve(AT_FDCWD, (char *)a[1], two);
        return do_rename(one, two, 0);
    case SYS_unlink:
    case SYS_rmdir:
        resolve(AT_FDCWD, (char *)a[0], one);
        return do_unlink(one, number == SYS_rmdir ? AT_REMOVEDIR : 0);
    case SYS_mkdir:
        resolve(AT_FDCWD, (char *)a[0], one);
        return do_mkdir(one, (mode_t)a[1]);
    case SYS_link:
        resolve(AT_FDCWD, (char *)a[0], one);
        resolve(AT_FDCWD, (char *)a[1], two);
        return do_link(LINK, one, two, number, a);
    case SYS_symlink:
        resolve(AT_FDCWD, (char *)a[1], two);
        return do_link(SYMLINK, (char *)a[0], two, number, a);
#endif
    default: return -ENOSYS;
    }
}

static void on_call(int signal, siginfo_t *info, void *context) {
    (void)signal;
#if defined(__x86_64__)
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    long arguments[] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
#else
    unsigned long long *r = ((ucontext_t *)context)->uc_mcontext.regs;
    long arguments[] = {(long)r[0], (long)r[1], (long)r[2], (long)r[3], (long)r[4], (long)r[5]};
#endif
    /* One at a time: the journal is then in the order in which things happened. */
    while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE)) CALL(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    long result = dispatch(info->si_syscall, arguments);
    __atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
#if defined(__x86_64__)
    r[REG_RAX] = result;
#else
    r[0] = (unsigned long long)result;
#endif
}

/* --- the filter --------------------------------------------------------------- */

static const int changing[] = {
    SYS_openat, SYS_openat2, SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, SYS_pwritev2,
    SYS_ftruncate, SYS_truncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_renameat,
    SYS_renameat2, SYS_unlinkat, SYS_mkdirat, SYS_linkat, SYS_symlinkat, SYS_sendfile,
    SYS_copy_file_range, SYS_splice, SYS_io_uring_setup,
#ifdef SYS_open
    SYS_open, SYS_creat, SYS_rename, SYS_unlink, SYS_rmdir, SYS_mkdir, SYS_link, SYS_symlink,
#endif
};
static const int reading[] = {SYS_read, SYS_pread64, SYS_readv, SYS_preadv};

#define AT(field) ((uint32_t)offsetof(struct seccomp_data, field))
#define LOAD(field) (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, AT(field))
#define JUMP(test, value, yes, no) \
    (struct sock_filter)BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), (yes), (no))
#define RETURN(what) (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (what))

static long install(void) {
    struct sock_filter filter[160];
    unsigned short n = 0;
    uintptr_t first = (uintptr_t)storage_call_start, last = (uintptr_t)storage_call_end;
    if (first >> 32 != last >> 32) return -ERANGE;
    filter[n++] = LOAD(arch);
    filter[n++] = JUMP(BPF_JEQ, AUDIT_ARCH_HERE, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    /* Little-endian, as both machines are. */
    filter[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                               AT(instruction_pointer) + 4);
    filter[n++] = JUMP(BPF_JEQ, first >> 32, 0, 4);
    filter[n++] = LOAD(instruction_pointer);
    filter[n++] = JUMP(BPF_JGE, first, 0, 2);
    filter[n++] = JUMP(BPF_JGT, last, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = LOAD(nr);
    for (size_t i = 0; i < sizeof changing / sizeof *changing; i++) {
        filter[n++] = JUMP(BPF_JEQ, changing[i], 0, 1);
        filter[n++] = RETURN(SECCOMP_RET_TRAP);
    }
    for (size_t i = 0; plan.kinds >> READ & 1 && i < sizeof reading / sizeof *reading; i++) {
        filter[n++] = JUMP(BPF_JEQ, reading[i], 0, 1);
        filter[n++] = RETURN(SECCOMP_RET_TRAP);
    }
    filter[n++] = JUMP(BPF_JEQ, SYS_mmap, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = LOAD(args[2]);
    filter[n++] = JUMP(BPF_JSET, PROT_WRITE, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = LOAD(args[3]);
    filter[n++] = JUMP(BPF_JSET, MAP_ANONYMOUS, 1, 0);
    filter[n++] = JUMP(BPF_JSET, MAP_SHARED, 1, 0);
    filter[n++] = RETURN(SECCOMP_RET_ALLOW);
    filter[n++] = RETURN(SECCOMP_RET_TRAP);
    struct sock_fprog program = {n, filter};
    if (CALL(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0) < 0) return -EPERM;
    return CALL(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program, 0, 0, 0);
}

/* Carry out `wanted` from now on, in this process; returns 0 or a negative errno. */
int storage_faults_arm(const struct plan *wanted, struct tally *shared) {
    plan = *wanted;
    tally = shared;
    /* Else glibc opens a file of /proc as it gives back memory of a thread that ends, which has
     * blocked all signals by then: a trap there would kill the process. */
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    struct sigaction handling = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
    if (sigaction(SIGSYS, &handling, NULL)) return -errno;
    return (int)install();
}
