// socket.io as this suite runs it: rooms, and an acknowledgement for each message.
// The address comes as HOST and PORT of the environment.
const { Server } = require("socket.io");
const http = require("http");

const server = http.createServer();
const io = new Server(server, {
    // The suite's clients begin with WebSocket; the engine is the package's default, `ws`.
    transports: ["websocket"],
    // No compression, which is the default, said here because it decides the figures.
    perMessageDeflate: false,
    // Pings come from the server; rarer than a run is long, as Parlance's are.
    pingInterval: 300000,
    maxHttpBufferSize: 1 << 20,
});
io.on("connection", (socket) => {
    socket.on("join", (group, joined) => {
        socket.join(group);
        joined();
    });
    socket.on("message", (group, text, received) => {
        socket.to(group).emit("message", text);
        received();
    });
});
server.listen({ host: process.env.HOST, port: Number(process.env.PORT), backlog: 4096 });
