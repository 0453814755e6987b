// The infra container's process: keeps a pod's namespaces alive and, as process 1 of a shared PID namespace,
// reaps what the containers leave. It uses no C library, so that a pod costs a few KiB and the program needs
// no file in its root. It ends on SIGKILL only: `kill 1` in a container of the pod must not end the pod.

#include <asm/signal.h>
#include <asm/unistd.h>
#include <linux/prctl.h>
#include <linux/wait.h>

static long SystemCall(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
  long result;
  register long r10 __asm__("r10") = d;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                   : "rcx", "r11", "memory");
  return result;
#elif defined(__aarch64__)
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
  return x0;
#else
#error "system calls of this architecture are not known"
#endif
}

// Started with execveat(2), the kernel would name the process after a file descriptor.
static const char kName[] = "skiff-pause";
static const unsigned long kAllSignals = ~0UL;
static const unsigned long kChildSignal = 1UL << (SIGCHLD - 1);

__attribute__((noreturn, used)) void _start(void) {
  SystemCall(__NR_prctl, PR_SET_NAME, (long)kName, 0, 0);
  SystemCall(__NR_rt_sigprocmask, SIG_BLOCK, (long)&kAllSignals, 0, sizeof kAllSignals);
  for (;;) {
    while (SystemCall(__NR_wait4, -1, 0, WNOHANG, 0) > 0) {
    }
    SystemCall(__NR_rt_sigtimedwait, (long)&kChildSignal, 0, 0, sizeof kChildSignal);
  }
}
