Attribute VB_Name = "ReplyRibbon"
Option Explicit
' What the buttons of the ribbon call. A click is noted in a file before anything else happens; Python does the rest.
' Nothing here waits, and nothing is taken from the workbook but names and addresses. It runs unchanged in LibreOffice.

Private Const STARTING = "Reply: starting..."
Private Const NOT_NOTED = "Reply: this click could not be noted on this computer, so nothing was done; run reply-xl doctor."
Private Const NOT_STARTED = "Reply has not started yet; if nothing happens, run reply-xl doctor."
Private Const SECONDS_TO_START = 10
Private Const SECONDS_TO_READ = 20

' Clicks whose start is still to be looked at, the oldest first, and what the Practice button shows. Both may vanish at any
' time (VBA forgets its variables after an error elsewhere): then a start is not looked at, and the file alone tells.
Private Waiting As String
Private Shown As String

' onAction of every button.
Public Sub ReplyClicked(control As IRibbonControl)
    HandleClick control.ID, ""
End Sub

' onAction of Practice. The click is noted first; the mark in the user's folder then says how the next click is meant.
Public Sub ReplyPracticeToggled(control As IRibbonControl, pressed As Boolean)
    HandleClick control.ID, OneOrZero(pressed)
End Sub

' getPressed of Practice: what the mark in the user's folder says, so there is nothing to be lost here.
Public Sub ReplyPracticePressed(control As IRibbonControl, ByRef returned As Variant)
    returned = IsPractice()
    Shown = OneOrZero(IsPractice())
End Sub

' Called by Excel some seconds after a click. A click that Python has taken is no longer there under its first name.
Public Sub ReplyCheckStarted()
    Dim id As String, late As Boolean
    On Error Resume Next
    id = Left(Waiting, 15) ' a name has 15 digits, and a space follows
    Waiting = Mid(Waiting, 17)
    If id <> "" Then late = IsWaiting(id)
    If late Then ShowFor NOT_STARTED
End Sub

' Gives the status bar back to Excel once a sentence has had its time, unless another text is there by now: each of ours names a command.
Public Sub ReplyClearBar()
    Dim text As String
    On Error Resume Next
    text = Application.StatusBar
    If InStr(text, "reply-xl ") > 0 Then Application.StatusBar = False
End Sub

Private Sub HandleClick(button As String, pressed As String)
    Dim id As String, sentence As String
    On Error GoTo Failed
    If button = "ReplyPractice" Then Shown = pressed
    id = NoteClick(button, pressed, Shown)
    If button = "ReplyPractice" Then SetPractice (pressed = "1")
    Application.StatusBar = STARTING
    sentence = StartPython(id)
    If sentence = "" Then
        Waiting = Waiting & id & " "
        CallLater "ReplyCheckStarted", SECONDS_TO_START
    Else
        ForgetClick id
        ShowFor sentence
    End If
    Exit Sub
Failed:
    ShowFor NOT_NOTED
End Sub

Private Sub ShowFor(sentence As String)
    On Error Resume Next
    Application.StatusBar = sentence
    CallLater "ReplyClearBar", SECONDS_TO_READ
End Sub

Private Sub CallLater(procedure As String, seconds As Integer)
    On Error Resume Next
    Application.OnTime Now + TimeSerial(0, 0, seconds), "'" & ThisWorkbook.Name & "'!" & procedure
End Sub

Private Function OneOrZero(yes As Boolean) As String
    If yes Then OneOrZero = "1" Else OneOrZero = "0"
End Function
