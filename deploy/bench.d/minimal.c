/* The smallest honest answer to a reading request: libfcgi takes it, PostgreSQL builds the JSON, nothing is
 * checked. It is what deploy/bench compares providerd with.
 *
 *   minimal SOCKET CONNINFO STATEMENT-FILE OWNER THREADS
 *
 * Each thread has its own request, its own database connection and one prepared statement with the owner as $1.
 * libfcgi keeps a thread on a kept connection, so there must be as many threads as nginx opens connections. */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char *conninfo, *owner;
static char statement[16384];
static int listener;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "minimal: %s: %s\n", what, why);
    exit(1);
}

static void *serve(void *unused) {
    (void)unused;
    PGconn *connection = PQconnectdb(conninfo);
    if (PQstatus(connection) != CONNECTION_OK) fail("connection", PQerrorMessage(connection));
    PGresult *prepared = PQprepare(connection, "list", statement, 1, NULL);
    if (PQresultStatus(prepared) != PGRES_COMMAND_OK) fail("statement", PQerrorMessage(connection));
    PQclear(prepared);

    FCGX_Request request;
    FCGX_InitRequest(&request, listener, 0);
    while (FCGX_Accept_r(&request) >= 0) {
        PGresult *result = PQexecPrepared(connection, "list", 1, &owner, NULL, NULL, 0);
        if (PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1) {
            FCGX_PutS("Content-Type: application/json\r\n\r\n", request.out);
            FCGX_PutStr(PQgetvalue(result, 0, 0), PQgetlength(result, 0, 0), request.out);
        } else {
            fprintf(stderr, "minimal: %s\n", PQerrorMessage(connection));
            FCGX_PutS("Status: 500 Internal Server Error\r\n\r\n", request.out);
        }
        PQclear(result);
    }
    return NULL;
}

int main(int count, char **words) {
    if (count != 6) fail("usage", "minimal SOCKET CONNINFO STATEMENT-FILE OWNER THREADS");
    signal(SIGPIPE, SIG_IGN);
    conninfo = words[2];
    owner = words[4];
    FILE *file = fopen(words[3], "r");
    if (file == NULL || fread(statement, 1, sizeof statement - 1, file) == 0) fail("statement file", words[3]);
    fclose(file);
    FCGX_Init();
    listener = FCGX_OpenSocket(words[1], 1024);
    if (listener < 0) fail("socket", words[1]);
    chmod(words[1], 0660);
    int threads = atoi(words[5]);
    pthread_t thread;
    for (int i = 1; i < threads; i++)
        if (pthread_create(&thread, NULL, serve, NULL) != 0) fail("thread", "cannot start");
    serve(NULL);
    return 1;
}
